"""What customers write about, in words."""

from math import isfinite
from typing import Any

import pandas as pd

from clv_lib.analysis.answers import UNHAPPY
from clv_lib.analysis.themes import Themes
from clv_lib.errors import CannotEstimateError
from clv_lib.names import THEME, N
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_voice import moods_by_theme
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import MASS, MOODS, labelled, wanting
from clv_lib.reporting.voice_results import MOST_GROUPS
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share, words

QUOTED = 96  # characters of a comment that a page shows
_MOST = 12  # bars that can be read


def themes(found: Themes | CannotEstimateError, currency: str) -> tuple[Element, ...]:
    """Themes as filed, and as the words make them."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "themes")
    shown: list[Element] = [Paragraph(_opening(found)), _chart(found)]
    if len(found.filed):
        shown += [_filed(found, currency), Paragraph((_check(found),))]
    shown += [_found(found, currency)]
    shown.append(
        Paragraph(
            (
                say(
                    "Words that mean the same in English and Indonesian are counted together. Addresses, links and "
                    "long numbers are taken out of what is quoted."
                ),
            ),
            role="note",
        )
    )
    return tuple(shown)


def theme_name(found: Themes, row: Any) -> Quantity | Sentence:
    """A theme as filed, or the words that stand for it."""
    name = getattr(row, THEME)
    if len(found.filed):
        return words(name)
    return words(", ".join(row.words[:3]))


def _opening(found: Themes) -> tuple[Sentence, ...]:
    first = next(rows_of(found.shown))
    text = say(
        "Of {n} comments of the last {days} days most unhappy ones are about {theme}: {unhappy}, that is {share} of "
        "what is written about it ({low} to {high}).",
        n=count(found.comments),
        days=count(found.days),
        theme=theme_name(found, first),
        unhappy=count(first.unhappy),
        share=share(first.share),
        low=share(first.low),
        high=share(first.high),
    )
    if not len(found.filed):
        return (text, say("Nobody has filed the comments, so the themes are those that their words make."))
    told = [text]
    by_words = int(found.filed["by_words"].sum())
    if by_words and isfinite(found.accuracy):
        told.append(
            say_count(
                "{n} comment without a theme was filed by its words; on filed comments that it had not seen this was "
                "right for {right}.",
                "{n} comments without a theme were filed by their words; on filed comments that it had not seen this "
                "was right for {right}.",
                n=by_words,
                right=share(found.accuracy),
            )
        )
    if found.unfiled:
        told.append(
            say_count(
                "{n} comment fits no theme surely enough.", "{n} comments fit no theme surely enough.", n=found.unfiled
            )
        )
    return tuple(told)


def _chart(found: Themes) -> Element:
    table = found.shown.head(_MOST).reset_index(drop=True)
    data = labelled(table, [theme_name(found, row) for row in rows_of(table)])
    first, worst = data.iloc[0], data.sort_values("share", ascending=False, kind="stable").iloc[0]
    return moods_by_theme(
        data,
        names=MOODS,
        title=say("Most unhappy comments are about {theme}", theme=first["label"]),
        alt=say(
            "A bar for each theme, divided by mood, most unhappy comments on top: {theme} with {unhappy}. The largest "
            "share of unhappy comments is {share}, on {other}.",
            theme=first["label"],
            unhappy=count(float(first[UNHAPPY])),
            share=share(float(worst["share"])),
            other=worst["label"],
        ),
        caption=say(
            "Comments of the last {days} days by theme and by the score given with them.", days=count(found.days)
        ),
        x=say("comments"),
        y=say("theme"),
    )


def _value_known(table: pd.DataFrame) -> bool:
    return bool(table["value"].notna().any())


def _filed(found: Themes, currency: str) -> Table:
    valued = _value_known(found.filed)
    columns = [say("Theme"), say("Comments"), say("Unhappy"), say("Share"), say("Range")]
    columns += [say("Profit to come of the unhappy")] if valued else []
    rows: list[list[Quantity | Sentence]] = []
    for row in rows_of(found.filed.head(MOST_GROUPS)):
        cells: list[Quantity | Sentence] = [
            words(row.theme),
            count(row.n),
            count(row.unhappy),
            share(row.share),
            _range(row),
        ]
        cells += [money(row.value, currency)] if valued else []
        rows.append([*cells, words(row.quote, QUOTED)])
    return Table(
        say("Comments by the theme they were filed under; ranges of the share hold {mass}", mass=MASS),
        (*columns, say("In a customer's words")),
        rows,
    )


def _range(row: Any) -> Sentence:
    return say("{low} to {high}", low=share(row.low), high=share(row.high))


def _check(found: Themes) -> Sentence:
    """Whether the words make the same themes as the company does."""
    table = found.found
    alike = float((table["part"].fillna(0) * table[N]).sum() / table[N].sum())
    return say(
        "The words alone, without regard to how comments were filed, make the themes below. {part} of the comments lie "
        "in a theme whose commonest filing they share: the more, the more the filing says what customers mean.",
        part=share(alike),
    )


def _found(found: Themes, currency: str) -> Table:
    table = found.found
    filed, valued = len(found.filed) > 0, _value_known(table)
    columns = [say("Leading words"), say("Comments"), say("Unhappy"), say("Share"), say("Range")]
    columns += [say("Mostly filed under"), say("Part of them")] if filed else []
    columns += [say("Profit to come of the unhappy")] if valued else []
    rows: list[list[Quantity | Sentence]] = []
    for row in rows_of(table):
        cells: list[Quantity | Sentence] = [
            words(", ".join(row.words)),
            count(row.n),
            count(row.unhappy),
            share(row.share),
            _range(row),
        ]
        cells += [words(row.like or "–"), share(row.part)] if filed else []
        cells += [money(row.value, currency)] if valued else []
        rows.append([*cells, words(row.quote, QUOTED)])
    return Table(
        say("Themes that the words make; ranges of the share hold {mass}", mass=MASS),
        (*columns, say("In a customer's words")),
        rows,
    )
