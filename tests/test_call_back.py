"""Whom to call back: the last word counts, the most valuable come first, and a spreadsheet runs nothing."""

import csv
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.answers import answers
from clv_lib.analysis.call_back import call_backs
from clv_lib.data.opening import open_engine
from clv_lib.errors import CannotEstimateError
from clv_lib.reporting.voice_record import listen
from clv_lib.reporting.voice_results import save_voice
from clv_lib.settings import EngineSection, VoiceSection
from tests.requirements import require
from tests.voice_support import END, lazy, shop, study_of

LAST = END.toordinal()
TOLD = pd.DataFrame(
    [
        ("rich", END - timedelta(days=10), "nps", 2),
        ("poor", END - timedelta(days=1), "csat", 1),
        ("glad", END - timedelta(days=9), "nps", 0),
        ("glad", END - timedelta(days=3), "ces", 7),
        ("old", END - timedelta(days=90), "nps", 0),
        ("edge", END - timedelta(days=89), "nps", 6),
        ("fair", END, "nps", 7),
        ("lost", END, "nps", 1),
    ],
    columns=["customer_id", "given_at", "instrument", "score"],
)
PEOPLE = pd.DataFrame(
    {"customer_id": ["rich", "poor", "glad", "old", "edge", "fair"], "residual_clv": [900.0, 5.0, 1e6, 1e6, 60.0, 1e6]}
)
TALKS = pd.DataFrame(
    [
        ("rich", datetime.combine(END - timedelta(days=10), datetime.min.time()), "ticket"),
        ("edge", datetime.combine(END, datetime.min.time()), "call"),
        ("poor", datetime.combine(END, datetime.min.time()), "response"),
    ],
    columns=["customer_id", "happened_at", "kind"],
)


def listed(lend=lazy, *, most: int = 100, record=True, people=PEOPLE):
    given = answers(lend(TOLD), end=END)
    tables = {"interactions": lend(TALKS)} if record else {}
    return call_backs(given, lend(people), tables, last_day=LAST, days=90, most=most)


def test_the_last_word_counts_and_the_most_valuable_come_first():
    table, unhappy = listed()
    assert list(table["customer_id"]) == ["rich", "edge", "poor", "lost"], "glad spoke last of ease; lost has no value"
    assert list(table["rank"]) == [1, 2, 3, 4]
    assert unhappy == 4


def test_who_was_spoken_to_after_the_answer_is_marked():
    """A contact on the day of the answer may be what it is about, and an answer to a campaign is no contact."""
    table, _ = listed()
    assert table.set_index("customer_id")["spoken_since"].to_dict() == {
        "rich": False, "edge": True, "poor": False, "lost": False,
    }  # fmt: skip
    assert "spoken_since" not in listed(record=False)[0]


def test_the_list_ends_where_the_settings_say_and_all_are_counted():
    table, unhappy = listed(most=2)
    assert (list(table["customer_id"]), unhappy) == (["rich", "edge"], 4)


def test_without_values_what_was_spent_orders_them_and_without_that_the_id():
    spent = PEOPLE.rename(columns={"residual_clv": "total_value"})
    assert list(listed(people=spent)[0]["customer_id"])[:2] == ["rich", "edge"]
    assert list(listed(people=PEOPLE[["customer_id"]])[0]["customer_id"]) == ["edge", "lost", "poor", "rich"]


@pytest.mark.parametrize("kind", ["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def test_engines_make_the_same_list(kind):
    if kind == "spark":
        require("pyspark", "java")
    with open_engine(EngineSection(kind=kind)) as engine:
        found, unhappy = listed(engine.lend)
    table, same = listed()
    assert unhappy == same
    columns = ["rank", "customer_id", "given_day", "instrument", "score", "residual_clv", "spoken_since"]
    pd.testing.assert_frame_equal(found[columns], table[columns], check_dtype=False)


def test_the_file_is_inert_in_a_spreadsheet_and_holds_what_they_wrote(tmp_path):
    tables = shop(customers=60)
    told = tables["feedback"].head(3).assign(
        customer_id=["=1+1", "@c", "c001"], given_at=END, score=0,
        comment=["=cmd()", "+62 is\nmy\tnumber", '"hi", he said'], touchpoint="-x", theme="late",
    )  # fmt: skip
    tables["feedback"] = pd.concat([tables["feedback"], told], ignore_index=True)
    voice = listen(study_of(tmp_path, tables, voice=VoiceSection(call_backs=50)))
    missing = CannotEstimateError("nothing")
    save_voice(voice.study.folder, missing, missing, missing, voice.call_backs(missing))
    with (tmp_path / "artifacts" / "call_backs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by = {row["customer_id"]: row for row in rows}
    assert {"'=1+1", "'@c", "c001"} <= set(by)
    assert by["'=1+1"]["comment"] == "'=cmd()"
    assert by["'@c"]["comment"] == "'+62 is\nmy\tnumber"
    assert by["c001"]["comment"] == '"hi", he said'
    assert by["c001"]["given_at"].startswith(END.isoformat())
    assert not [cell for row in rows for name, cell in row.items() if name != "score" and cell[:1] in "=+-@" and cell]
    values = [float(row["residual_clv"]) for row in rows if row["residual_clv"]]
    assert values == sorted(values, reverse=True)
    assert np.isfinite(values).all()
    assert date.fromisoformat(rows[0]["given_at"][:10]) <= END
