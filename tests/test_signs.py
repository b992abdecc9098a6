"""Early signs: right on a few customers by hand, blind to the future, alike on every engine, whoever else is there."""

from datetime import date

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.data import signs as module
from clv_lib.data.customers import collected
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.signs import rhythm_of, signs
from clv_lib.data.simulate import simulate_crm
from tests.signs_support import as_known_on, frames, signs_of

CUTOFF = date(2023, 9, 30)
TABLES = ("transactions", "customers", "interactions", "campaigns", "campaign_members", "feedback", "subscriptions")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    crm = simulate_crm(500, seed=3)
    return {name: crm.tables[name] for name in TABLES}


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


@pytest.fixture
def by_hand() -> dict[str, pd.DataFrame]:
    """Ana buys every 30 days until June and once more in September; Budi bought once; Cici comes after the cut-off."""
    ana = ["2023-01-01", "2023-01-31", "2023-03-02", "2023-04-01", "2023-05-01", "2023-05-31", "2023-09-10"]
    log = [("ana", each, 100.0 if each < "2023-07" else 50.0) for each in ana]
    log += [("budi", "2023-09-20", 80.0), ("cici", "2023-10-05", 10.0), ("ana", "2023-10-02", 900.0)]
    return {
        "transactions": pd.DataFrame(
            [(who, day(when), amount) for who, when, amount in log], columns=["customer_id", "ordered_at", "amount"]
        ),
        "interactions": pd.DataFrame(
            [
                ("ana", day("2023-09-12 10:00"), "Ticket", day("2023-10-03 09:00")),
                ("ana", day("2023-02-12 10:00"), "ticket", day("2023-02-13 09:00")),
                ("budi", day("2023-10-01 00:10"), "ticket", pd.NaT),
            ],
            columns=["customer_id", "happened_at", "kind", "resolved_at"],
        ),
        "feedback": pd.DataFrame(
            [
                ("ana", day("2023-03-01"), "nps", 9),
                ("ana", day("2023-05-01"), "nps", 7),
                ("ana", day("2023-09-30"), "nps", 4),
                ("ana", day("2023-10-01"), "nps", 10),
            ],
            columns=["customer_id", "given_at", "instrument", "score"],
        ),
        "subscriptions": pd.DataFrame(
            [("ana", day("2023-01-01"), day("2023-10-01")), ("budi", day("2023-09-21"), day("2023-09-30"))],
            columns=["customer_id", "started_at", "ended_at"],
        ),
    }


def test_signs_by_hand(by_hand):
    found = signs_of(by_hand, CUTOFF, rhythm=40.0).set_index("customer_id")
    assert list(found.index) == ["ana", "budi"], "who comes later is not there"
    ana = found.loc["ana"]
    assert ana["frequency"] == 6
    gap = (252 + 40) / (6 + 1)  # days from the first to the last purchase, shrunk by one common gap
    assert ana["silence"] == pytest.approx(np.log1p(20 / gap))
    rate = (5 + 1) / (272 - 90 + 40)  # five repeat purchases in the days before the last quarter
    assert ana["pace"] == pytest.approx(np.log((1 + 1) / (rate * 90 + 1)))
    assert ana["basket_change"] == pytest.approx(np.log(51 / (601 / 6))), "sums have one added, so that nothing is free"
    assert ana["complaints"] == pytest.approx(np.log1p(1)), "the one of February is not news"
    assert ana["open_complaints"] == pytest.approx(np.log1p(1)), "settled in October: open in September"
    assert ana["nps_score"] == pytest.approx(0.4)
    assert ana["nps_change"] == pytest.approx(0.4 - 0.8)
    assert (ana["plan_running"], ana["plan_ended"]) == (1, 0), "cancelled later: running that evening"
    budi = found.loc["budi"]
    assert budi["bought_once"] == 1
    assert budi["basket_change_known"] == 0
    assert budi["basket_change"] == 0
    assert budi["complaints"] == 0, "ten minutes after midnight is too late"
    assert (budi["nps_known"], budi["csat_known"]) == (0, 0)
    assert (budi["plan_running"], budi["plan_ended_lately"]) == (0, 1)


def test_a_table_that_is_missing_leaves_no_column(by_hand):
    only = signs_of({"transactions": by_hand["transactions"]}, CUTOFF)
    assert not {"complaints", "nps_known", "plan_running", "campaigns_known", "discount"} & set(only.columns)
    assert (only["acquisition_channel"] == "").all()


@pytest.mark.parametrize("cutoff", [date(2023, 3, 15), CUTOFF, date(2024, 12, 31)])
def test_signs_see_nothing_that_came_later(tables, cutoff):
    """The record cut to what was known that evening gives the same signs to the last digit."""
    pd.testing.assert_frame_equal(signs_of(tables, cutoff), signs_of(as_known_on(tables, cutoff), cutoff))


def test_a_planted_leak_is_caught(tables, monkeypatch):
    """Signs that take a ticket for settled because it was settled later fail the very comparison above."""

    def leaking(interactions, *, at, days):
        later = interactions.group_by("customer_id").agg((~nw.col("resolved_at").is_null()).sum().alias("settled"))
        return later.with_columns(nw.col("settled").cast(nw.Float64))

    monkeypatch.setattr(module, "interaction_signs", leaking)
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(signs_of(tables, CUTOFF), signs_of(as_known_on(tables, CUTOFF), CUTOFF))


def test_a_customer_looks_the_same_whoever_else_is_there(tables):
    everybody = signs_of(tables, CUTOFF)
    few = set(everybody["customer_id"][::7])
    some = {
        name: table[table["customer_id"].isin(few)] if "customer_id" in table else table
        for name, table in tables.items()
    }
    alone = signs_of(some, CUTOFF)
    expected = everybody[everybody["customer_id"].isin(few)].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, expected)


def same_on(engine, tables) -> None:
    lent = {name: engine.lend(table) for name, table in tables.items()}
    rhythm = rhythm_of(frames(tables)["transactions"], cutoff=CUTOFF)
    assert rhythm_of(lent["transactions"], cutoff=CUTOFF) == pytest.approx(rhythm, rel=1e-12)
    found = collected(signs(lent, cutoff=CUTOFF, rhythm=rhythm)).sort_values("customer_id", ignore_index=True)
    expected = signs_of(tables, CUTOFF, rhythm)
    pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False, rtol=1e-10, atol=1e-12)


def test_duckdb_sees_the_same_signs(tables):
    with DuckDBEngine() as engine:
        same_on(engine, tables)


@pytest.mark.spark
def test_spark_sees_the_same_signs(tables):
    from clv_lib.data.opening import open_engine
    from clv_lib.settings import EngineSection

    with open_engine(EngineSection(kind="spark")) as engine:
        same_on(engine, tables)
