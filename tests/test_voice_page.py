"""The page on customers' voice: from the files of a run to sentences in both languages, whatever is missing."""

import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib.errors import CannotEstimateError
from clv_lib.reporting.elements import Figure
from clv_lib.reporting.summaries import (
    voice,
    voice_change,
    voice_cost,
    voice_groups,
    voice_journey,
    voice_list,
    voice_missing,
    voice_page,
    voice_themes,
)
from clv_lib.reporting.voice_record import Voice, listen
from clv_lib.reporting.voice_results import NobodyAskedError, save_voice, voice_figures
from clv_lib.reporting.wording import LANGUAGES, plain
from clv_lib.settings import VoiceSection
from tests.voice_support import END, left_behind, shop, study_of

SUBSCRIPTIONS = pd.DataFrame(
    {
        "customer_id": [f"c{k:03d}" for k in range(240)],
        "started_at": [date(2023, 1, 1) + timedelta(days=k) for k in range(240)],
        "ended_at": [date(2024, 3, 1) + timedelta(days=k) if k % 3 == 0 else None for k in range(240)],
        "plan": "basic",
        "price": 10.0,
        "billing_period": "month",
    }
)


def only(tables: dict[str, pd.DataFrame], *names: str) -> dict[str, pd.DataFrame]:
    return {name: tables[name] for name in names}


def bare(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {**tables, "feedback": tables["feedback"][["customer_id", "given_at", "instrument", "score"]]}


def asked(feedback: pd.DataFrame, instrument: str, top: int) -> pd.DataFrame:
    return feedback.assign(instrument=instrument, score=np.arange(len(feedback)) % top + 1)


def said(element, language) -> str:
    """The element's HTML; of a figure its words, because drawing takes long and is tested below."""
    if isinstance(element, Figure):
        return " ".join(str(each.html(language)) for each in (element.title, element.alt, element.caption))
    return str(element.html(language))


def many(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Every channel, touchpoint and theme another, and what hangs on them hostile."""
    told = tables["feedback"]
    names = [f"=<b>{k}</b>" + "x" * (k % 90) for k in range(len(told))]
    people = tables["customers"].assign(acquisition_channel=[f"{{n}} {k}" for k in range(len(tables["customers"]))])
    told = told.assign(touchpoint=names, theme=[name if k % 2 else "late" for k, name in enumerate(names)])
    return {**tables, "feedback": told, "customers": people}


CASES = {
    "everything": lambda t: (t, {}),
    "nothing but orders": lambda t: (only(t, "transactions"), {}),
    "asked, and the value refused": lambda t: (t, {"left": only(left_behind(t), "customers", "lifecycle_stages")}),
    "asked, and no notebook before": lambda t: (t, {"left": {}}),
    "scores alone": lambda t: (only(bare(t), "transactions", "feedback"), {}),
    "csat alone": lambda t: ({**t, "feedback": asked(t["feedback"], "csat", 5)}, {}),
    "ces alone": lambda t: ({**t, "feedback": asked(t["feedback"], "ces", 7)}, {}),
    "three answers": lambda t: ({**t, "feedback": t["feedback"].tail(3)}, {}),
    "no answer": lambda t: ({**t, "feedback": t["feedback"].head(0)}, {"left": left_behind(t)}),
    "all long ago": lambda t: ({**t, "feedback": t["feedback"].assign(given_at=date(2023, 2, 1))}, {}),
    "all content": lambda t: ({**t, "feedback": t["feedback"].assign(score=10)}, {}),
    "a stated change": lambda t: (t, {"voice": VoiceSection(change_on=date(2024, 1, 1))}),
    "every name another": lambda t: (many(t), {}),
    "under contract": lambda t: ({**t, "subscriptions": SUBSCRIPTIONS}, {"contractual": True}),
}  # fmt: skip


def page(heard: Voice) -> list:
    """The cells of the notebook."""
    found, way, said = heard.scores(), heard.journey(), heard.themes()
    cost, change = heard.unhappiness(), heard.change()
    hanging, listed = heard.stake(cost, found), heard.call_backs(said)
    save_voice(heard.study.folder, found, way, said, listed)
    voice_figures(found, cost, listed)
    usd = "USD"
    return [
        *voice_missing.collect(heard), *voice.asked(heard), *voice.scores(found, heard),
        *voice.over_time(found, change), *voice_groups.groups(found), *voice_journey.journey(way, usd),
        *voice_themes.themes(said, usd), *voice_cost.unhappiness(cost, hanging, usd), *voice_change.change(change),
        *voice_list.call_backs(listed, usd), *voice_page.answer(found, way, usd),
        *voice_page.key_cards(heard, found, way, cost, hanging, listed),
        voice_page.meeting(heard, way, cost, hanging, listed),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    return shop()


@pytest.mark.parametrize("case", list(CASES))
def test_every_case_is_said_in_both_languages_with_the_same_numbers(case, tables, tmp_path):
    given, more = CASES[case](tables)
    elements = page(listen(study_of(tmp_path, given, **more)))
    values = {}
    for language in LANGUAGES:
        html = [said(each, language) for each in elements]
        values[language] = [re.findall(r'<data value="([^"]*)"', each) for each in html]
        text = " ".join(plain(each) for each in html)
        assert "nan" not in re.findall(r"[a-z]+", text.lower()), case
        assert "{" not in text.replace("{n}", "") if case == "every name another" else "{" not in text
        assert all("<b>" not in each for each in html)
        assert "None" not in text
    assert [sorted(each) for each in values["en"]] == [sorted(each) for each in values["id"]], (
        "in an order of their own"
    )


def test_its_figures_are_drawn_for_desk_and_phone_with_words_beside_them(tables, tmp_path):
    figures = [each for each in page(listen(study_of(tmp_path, tables))) if isinstance(each, Figure)]
    assert len({each.name for each in figures}) == len(figures) == 6
    for each in figures:
        html = str(each.html("id"))
        assert html.count("<svg") == 2
        assert each.alt.text("en").endswith(".")


def test_the_page_of_a_company_that_asks_nobody_says_what_to_collect(tables, tmp_path):
    heard = listen(study_of(tmp_path, only(tables, "transactions")))
    assert not heard.asked
    findings = [heard.scores(), heard.journey(), heard.themes(), heard.unhappiness(), heard.change()]
    assert all(isinstance(each, NobodyAskedError) for each in findings)
    elements = page(heard)
    text = " ".join(plain(said(each, "en")) for each in elements)
    assert not [each for each in elements if isinstance(each, Figure)]
    for column in ("customer_id", "given_at", "instrument, score", "touchpoint", "comment, theme"):
        assert column in text
    assert "Nobody has asked the customers yet" in text
    plan = voice_missing.needed(heard)
    # so many answers give plus or minus 10 points for the widest answer there is: Cochran with all customers
    width = 1.6448536 * 100 * np.sqrt((1 - plan.answers / heard.customers) / plan.answers)
    assert width <= 10 < 1.6448536 * 100 * np.sqrt((1 - (plan.answers - 1) / heard.customers) / (plan.answers - 1))
    assert f"{plan.answers}" in text
    assert not (tmp_path / "artifacts" / "call_backs.csv").exists()


def test_settings_change_the_page(tables, tmp_path):
    """Days that count as now, who passes a touchpoint, the change, and the length of the list."""
    pages = {}
    for name, section in {
        "default": VoiceSection(),
        "recent": VoiceSection(recent_days=120),
        "passing": VoiceSection(touchpoints={"delivery": "everyone"}),
        "change": VoiceSection(change_on=date(2024, 1, 1), change_days=90),
        "list": VoiceSection(call_backs=3, call_back_days=30),
    }.items():
        heard = listen(study_of(tmp_path / name, tables, voice=section))
        pages[name] = [plain(said(each, "en")) for each in page(heard)]
    assert len({tuple(each) for each in pages.values()}) == len(pages)
    assert any("1 January 2024" in each for each in pages["change"])
    assert any("The first 3 of 3 customers to call back" in each for each in pages["list"])
    assert any("last 120 days" in each for each in pages["recent"])
    assert any("all who bought" in each for each in pages["passing"])


def test_what_the_page_says_is_what_the_tables_hold(tables, tmp_path):
    heard = listen(study_of(tmp_path, tables))
    found = heard.scores()
    assert not isinstance(found, CannotEstimateError)
    recent = tables["feedback"][tables["feedback"]["given_at"] > END - timedelta(days=365)]
    last = recent.sort_values("given_at", kind="stable").drop_duplicates("customer_id", keep="last")
    nps = 100 * ((last["score"] >= 9).mean() - (last["score"] <= 6).mean())
    assert found.main["score"] == pytest.approx(nps)
    assert set(found.by) == {"lifecycle_stage", "value_tier", "acquisition_channel", "touchpoint"}
    by = found.by["acquisition_channel"]
    channel = last.merge(tables["customers"], on="customer_id")
    raw = channel.groupby("acquisition_channel")["score"].apply(lambda s: 100 * ((s >= 9).mean() - (s <= 6).mean()))
    assert by.set_index("acquisition_channel")["raw"].sort_index().tolist() == pytest.approx(raw.tolist())
    files = {path.name for path in (tmp_path / "artifacts").iterdir()}
    text = " ".join(plain(said(each, "en")) for each in page(heard))
    assert "This is an association and no effect" in text
    assert "If all of that came from unhappiness" in text
    files = {path.name for path in (tmp_path / "artifacts").iterdir()} - files
    expected = {"call_backs.csv", "voice_scores.parquet", "voice_journey.parquet", "voice_themes.parquet"}
    assert expected <= files
