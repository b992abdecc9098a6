"""The action list in files: for people in a spreadsheet, for an e-mail or CRM system, and for programs.

``docs/action_list.md`` says what every column holds, ``docs/action_list.schema.json`` what a line of JSON may be.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw
import pandas as pd

from clv_lib.analysis.action_people import LANGUAGE_SAID
from clv_lib.analysis.actions import SEND_ON, ActionList, draw_up, planned_of
from clv_lib.analysis.co_purchase import co_purchase, recommended
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables.crm import TREATED
from clv_lib.names import ARM, CAMPAIGN_ID, CUSTOMER_ID, EXPECTED_GAIN, PLAY, REGION, SEGMENT
from clv_lib.reporting.action_tables import action_tables
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.planned_campaigns import planned_campaigns, planned_members, write_as_theirs
from clv_lib.reporting.plays_record import PlayBeliefs
from clv_lib.reporting.segments_record import Segmented, save_segments
from clv_lib.reporting.strategy_record import Strategy
from clv_lib.reporting.study import RECORD_PREFIX, Study
from clv_lib.reporting.summaries.action_words import action_of, why_now
from clv_lib.reporting.summaries.play_words import offer_of, title_of
from clv_lib.reporting.summaries.segments_words import segment_words
from clv_lib.reporting.wording import LANGUAGES, Language, Sentence
from clv_lib.settings import Play, Settings

LIST: Final = "action_list"
CRM: Final = "action_list_crm"
COLUMNS: Final = (
    "customer_id", "play", "segment", "action", "channel", "language", "language_from", "send_on", "offer", "reason",
    "expected_gain", "arm", "products", "campaign_id", "consent",
)  # fmt: skip
CONTACT_COLUMNS: Final = ("email", "phone", "name")  # attributes of customers that a CRM import wants, if there are any
_PRODUCT = "product"


@dataclass(frozen=True)
class Actions:
    """The list of one run, in numbers and in words.

    Attributes
    ----------
    found : ActionList
    plays : mapping of str to Play
    listed : DataFrame
        :data:`COLUMNS`, and ``send_at`` (with the offset of the customer's own clock), ``timezone``, ``product_ids``.
    product_names : mapping of str to str
    reasons : mapping of (str, str) to Sentence
        Why a customer is in a play, for pages in every language.
    contacts : DataFrame
        ``customer_id`` and those of :data:`CONTACT_COLUMNS` that the record has, of the customers on the list.
    """

    found: ActionList
    plays: Mapping[str, Play]
    listed: pd.DataFrame
    product_names: Mapping[str, str]
    reasons: Mapping[tuple[str, str], Sentence]
    contacts: pd.DataFrame

    @property
    def gain(self) -> float:
        """Expected gain of all who are treated, in currency."""
        return float(self.listed.loc[self.listed[ARM] == TREATED, EXPECTED_GAIN].sum())


def draw_up_actions(study: Study, found: Segmented, made: Strategy | None, known: PlayBeliefs) -> Actions:
    """Choose the customers of the plan, and say what to do for each.

    Parameters
    ----------
    study : Study
    found : Segmented
        Left as a file first, which the list is drawn from.
    made : Strategy, optional
        None where values are not known, and so nothing can be planned.
    known : PlayBeliefs
        For the plays where there is no strategy.
    """
    save_segments(study, found)
    tables, end = action_tables(study), study.log().window.end
    plays = known.plays if made is None else made.plays
    planned = planned_of(None if made is None else made.plan)
    listed = draw_up(tables, planned, plays, settings=study.settings, as_of=end)
    return told(listed, plays, tables, settings=study.settings, language=study.languages[0])


def told(
    found: ActionList, plays: Mapping[str, Play], tables: Mapping[str, Frame], *, settings: Settings, language: Language
) -> Actions:
    """Put a list into words.

    Parameters
    ----------
    found : ActionList
    plays : mapping of str to Play
    tables : mapping of str to narwhals.LazyFrame
        Those that the list was drawn from.
    settings : Settings
    language : {"en", "id"}
        First language of the report: of the staff, and of customers of whom nothing else is known.
    """
    rows, products = found.rows, _products(found, plays, tables, settings)
    names = products[1]
    segments = segment_words(contractual=settings.contractual)
    facts = [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
    written = [_written(row, settings, language) for row in facts]
    after = set(settings.actions.after_trouble)
    lines, reasons = [], {}
    for row, (said, origin, zone), ids in zip(facts, written, products[0], strict=True):
        name = str(row[PLAY])
        play, segment = plays[name], segments[str(row[SEGMENT])]
        reason = why_now(row, name, play, segment=segment, currency=settings.dataset.currency, after=name in after)
        reasons[(str(row[CUSTOMER_ID]), name)] = reason
        lines.append(
            {
                **{key: row[key] for key in (CUSTOMER_ID, PLAY, SEGMENT, SEND_ON, ARM, CAMPAIGN_ID, "consent")},
                "action": action_of(play, str(row[ARM])).text(language),
                "channel": play.channel,
                "language": said,
                "language_from": origin,
                "offer": offer_of(play).text(_ours(said, language)),
                "reason": reason.text(language),
                EXPECTED_GAIN: round(float(row[EXPECTED_GAIN]), 2),
                "products": "; ".join(ids),
                "product_ids": ids,
                "timezone": zone,
                "send_at": sent_at(row[SEND_ON], settings.actions.send_hour, zone).isoformat(),
            }
        )
    listed = pd.DataFrame(lines, columns=[*COLUMNS, "product_ids", "timezone", "send_at"])
    return Actions(found, plays, listed, names, reasons, _contacts(tables.get("customers"), listed))


def sent_at(day: date, hour: int, zone: str) -> datetime:
    """The hour of a day by the clock of a zone; an hour that the clocks skip is the one after it."""
    wall = datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone))
    return wall.astimezone(ZoneInfo("UTC")).astimezone(ZoneInfo(zone))


def _written(row: Mapping[str, Any], settings: Settings, language: Language) -> tuple[str, str, str]:
    """In which language a customer is written to, how that is known, and where the customer's clock runs."""
    region = settings.actions.regions.get(str(row[REGION]))
    zone = (region.timezone if region else None) or settings.dataset.timezone
    own = row[LANGUAGE_SAID]
    if isinstance(own, str) and own.strip():
        return own.strip(), "customer", zone
    if region is not None and region.language:
        return region.language, "region", zone
    return language, "report", zone


def _ours(said: str, language: Language) -> Language:
    """The language of the pages in which an offer is written: the customer's, where it is one of them."""
    short = said.lower().replace("_", "-").split("-")[0]
    return next((each for each in LANGUAGES if each == short), language)


def _products(
    found: ActionList, plays: Mapping[str, Play], tables: Mapping[str, Frame], settings: Settings
) -> tuple[list[tuple[str, ...]], Mapping[str, str]]:
    """What is recommended in each row; nothing where a play moves no purchases, or nobody knows what was bought."""
    rows, section = found.rows, settings.actions
    nothing: list[tuple[str, ...]] = [() for _ in range(len(rows))]
    if rows.empty or not section.products:
        return nothing, {}
    end = found.calendar.as_of.toordinal()
    learnt = co_purchase(tables["transactions"], tables.get("products"), as_of=end, used_up=section.used_up)
    if learnt is None:
        return nothing, {}
    wanted = rows[[CUSTOMER_ID]].assign(send_on=[day.toordinal() for day in rows[SEND_ON]])
    first = [plays[str(name)].anchor == "expected_purchase" for name in rows[PLAY]]
    ids = recommended(learnt, wanted, most=section.products, bought_days=section.bought_days, replenish=first)
    moves = [plays[str(name)].moves for name in rows[PLAY]]
    return [each if move != "stay" else () for each, move in zip(ids, moves, strict=True)], learnt.names


def _contacts(customers: Frame | None, listed: pd.DataFrame) -> pd.DataFrame:
    there = set(customers.collect_schema().names()) if customers is not None else set()
    wanted = [name for name in CONTACT_COLUMNS if name in there]
    ids = sorted(set(listed[CUSTOMER_ID]))
    empty = pd.DataFrame(columns=[CUSTOMER_ID, *CONTACT_COLUMNS])
    if customers is None or not wanted or not ids:
        return empty
    columns = [nw.col(CUSTOMER_ID), *(nw.col(name).cast(nw.String) for name in wanted)]
    parts = [
        collected(customers.select(*columns).filter(nw.col(CUSTOMER_ID).is_in(ids[at : at + 2_000])))
        for at in range(0, len(ids), 2_000)
    ]
    return pd.concat([empty, *parts], ignore_index=True).drop_duplicates(CUSTOMER_ID)


def crm_rows(actions: Actions, *, products: int) -> pd.DataFrame:
    """The treated alone, in the columns that imports of e-mail and CRM systems know."""
    rows = actions.listed[actions.listed[ARM] == TREATED].merge(actions.contacts, on=CUSTOMER_ID, how="left")
    ids = rows["product_ids"]
    named = actions.product_names
    recommended_names = {
        f"{_PRODUCT}_{k + 1}": [named.get(each[k], each[k]) if len(each) > k else "" for each in ids]
        for k in range(products)
    }
    return pd.DataFrame(
        {
            "external_id": rows[CUSTOMER_ID],
            **{name: rows[name].fillna("") for name in CONTACT_COLUMNS},
            "locale": rows["language"],
            "timezone": rows["timezone"],
            "campaign_id": rows[CAMPAIGN_ID],
            "channel": rows["channel"],
            "send_at": rows["send_at"],
            "offer": rows["offer"],
            **recommended_names,
            "consent": rows["consent"],
            "tags": rows[PLAY].astype(str) + ";" + rows[SEGMENT].astype(str),
        }
    )


def json_lines(actions: Actions) -> Iterator[str]:
    """One JSON object per row, ids as they are."""
    for row in actions.listed.to_dict("records"):
        products = [
            {"id": each, **({"name": actions.product_names[each]} if each in actions.product_names else {})}
            for each in row["product_ids"]
        ]
        said = {name: row[name] for name in COLUMNS if name != "products"}
        line = {**said, "send_on": row[SEND_ON].isoformat(), "send_at": row["send_at"], "products": products}
        yield json.dumps(line, ensure_ascii=False, sort_keys=True, allow_nan=False)


def save_actions(study: Study, actions: Actions) -> None:
    """Write the list in every form, and the campaigns that the next run measures once the company has added them."""
    folder, settings = study.folder, study.settings
    folder.write_csv(LIST, actions.listed[list(COLUMNS)])
    folder.write_csv(CRM, crm_rows(actions, products=settings.actions.products))
    with folder.file(f"{LIST}.jsonl") as path, path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in json_lines(actions))
    folder.write_table("actions_left_out", actions.found.left_out)
    titles = {name: title_of(play).text(study.languages[0]) for name, play in actions.plays.items()}
    for name, table in (
        ("campaigns", planned_campaigns(actions.found.rows, actions.plays, titles)),
        ("campaign_members", planned_members(actions.found.rows)),
    ):
        kept = folder.where(f"{RECORD_PREFIX}{name}.parquet") if folder.has(f"{RECORD_PREFIX}{name}.parquet") else None
        with folder.file(f"{name}_planned.csv") as path:
            write_as_theirs(table, path, getattr(settings.tables, name), kept)


def action_figures(actions: Actions, currency: str) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    treated = int((actions.listed[ARM] == TREATED).sum())
    return [
        KeyFigure("actions", float(treated), unit="actions"),
        KeyFigure("actions_left_out_to_measure", float(len(actions.listed) - treated), unit="actions"),
        KeyFigure("expected_gain_of_actions", actions.gain, unit=currency),
    ]
