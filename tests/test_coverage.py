"""What is held per source and month, how customers buy, and the verdict per question."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.coverage import coverage_matrix, customers_with, table_sizes
from clv_lib.analysis.evidence import evidence
from clv_lib.analysis.purchase_profile import channel_behaviour, purchase_profile
from clv_lib.data.customer_cells import cells
from clv_lib.data.customers import customer_summary
from clv_lib.data.opening import open_engine
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Figure
from clv_lib.reporting.plots_coverage import months_per_cell
from clv_lib.reporting.summaries import coverage as words
from clv_lib.reporting.summaries import questions
from clv_lib.reporting.wording import LANGUAGES
from clv_lib.settings import EngineSection
from tests.requirements import require

WINDOW = ObservationWindow(date(2024, 1, 5), date(2024, 4, 30), date(2024, 3, 1))

LOG = pd.DataFrame(
    [
        ("a", date(2024, 1, 5), 10.0, "web"),
        ("a", date(2024, 1, 5), 5.0, "shop"),  # one purchase day, two channels
        ("a", date(2024, 1, 15), 20.0, "shop"),
        ("b", date(2024, 2, 1), 40.0, "web"),
        ("b", date(2024, 4, 1), 80.0, "web"),
        ("c", date(2024, 4, 2), 0.0, None),
        ("d", date(2024, 5, 2), 99.0, "web"),  # after the end
    ],
    columns=["customer_id", "ordered_at", "amount", "channel"],
)
TABLES = {
    "transactions": LOG,
    "customers": pd.DataFrame(
        {
            "customer_id": ["a", "b", "x"],
            "acquired_at": [date(2024, 1, 1), None, date(2024, 3, 3)],
            "acquisition_channel": ["web", "web", None],
        }
    ),
    "interactions": pd.DataFrame(
        {
            "customer_id": ["a", "a", "y"],
            "happened_at": [datetime(2024, 2, 28, 23, 59), datetime(2024, 4, 30, 12), datetime(2024, 6, 1)],
            "channel": "mail",
            "kind": ["ticket", "response", "ticket"],
            "handling_minutes": [3.0, None, 4.0],
        }
    ),
    "campaign_members": pd.DataFrame(
        {
            "campaign_id": ["old", "old", "new", "new", "new"],
            "customer_id": ["a", "b", "a", "b", "c"],
            "arm": ["treated", "treated", "treated", "control", "control"],
            "assigned_at": [date(2024, 1, 20)] * 2 + [date(2024, 3, 20)] * 3,
        }
    ),
    "costs": pd.DataFrame(
        {
            "month": [date(2024, 1, 1), date(2024, 1, 1), date(2024, 3, 1)],
            "kind": ["service", "acquisition", "service"],
            "amount": 1.0,
        }
    ),
    "feedback": pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "given_at": [date(2024, 2, 2)] * 2,
            "instrument": "nps",
            "score": 9.0,
            "comment": ["good", None],
        }
    ),
    "merges": pd.DataFrame({"old_id": ["q"], "new_id": ["a"]}),
    "referrals": pd.DataFrame({"referrer_id": ["a"], "referred_id": ["b"], "referred_at": [date(2024, 1, 30)]}),
}


@pytest.fixture(scope="module")
def engine():
    with open_engine(EngineSection()) as opened:
        yield opened


@pytest.fixture(scope="module")
def record(engine) -> dict:
    return {name: engine.lend(frame) for name, frame in TABLES.items()}


def test_rows_per_source_and_month_by_hand(record):
    matrix = coverage_matrix(record, window=WINDOW).pivot(index="table", columns="month", values="rows")
    assert list(matrix.columns) == [pd.Timestamp(2024, month, 1) for month in (1, 2, 3, 4)]
    assert matrix.loc["transactions"].tolist() == [3, 1, 0, 2]
    assert matrix.loc["interactions"].tolist() == [0, 1, 0, 1]
    assert matrix.loc["costs"].tolist() == [2, 0, 1, 0]
    assert matrix.loc["customers"].tolist() == [1, 0, 1, 0]
    assert "merges" not in matrix.index


def test_rows_that_no_month_holds_are_counted_apart(record):
    table = table_sizes(record, window=WINDOW).set_index("table")
    assert table.loc["transactions", ["rows", "undated", "outside"]].tolist() == [7, 0, 1]
    assert table.loc["customers", ["rows", "undated", "outside"]].tolist() == [3, 1, 1]  # acquired before the window
    assert table.loc["merges", ["rows", "undated"]].tolist() == [1, 1]
    assert table.loc["interactions", "last"] == pd.Timestamp(2024, 6, 1)
    assert table.loc["costs", "outside"] == 0  # January belongs to a window that begins on the 5th


def test_customers_known_to_each_source_by_hand(record):
    table = customers_with(record, window=WINDOW).set_index(["table", "column"])
    assert table.loc[("customers", "customer_id"), ["customers", "strangers"]].tolist() == [2, 1]
    assert table.loc[("interactions", "customer_id"), ["customers", "strangers"]].tolist() == [1, 1]
    assert table.loc[("campaign_members", "customer_id"), "share"] == 1.0
    assert table.loc[("referrals", "referred_id"), "customers"] == 1
    assert ("costs", "customer_id") not in table.index  # this ledger has no such column


def test_the_profile_of_purchases_by_hand(record):
    found = purchase_profile(record["transactions"], window=WINDOW)
    assert found.orders.to_dict("list") == {"orders": [1, 2], "n": [1, 2]}
    assert found.gaps.set_index("upto")["n"].to_dict() == {7: 0, 14: 1, 30: 0, 60: 1, 90: 0, 180: 0, 365: 0, np.inf: 0}
    assert found.median_gap == 10
    assert found.free_days == 1
    assert found.baskets[0.5] == pytest.approx(20.0, rel=0.01)  # of 15, 20, 40, 80
    assert found.baskets[0.9] == pytest.approx(80.0, rel=0.01)


def test_basket_quantiles_agree_with_plain_ones(engine):
    rng = np.random.default_rng(1)
    values = np.exp(rng.normal(10, 1, 2_001)).round(2)
    log = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(2_001)], "ordered_at": date(2024, 2, 2), "amount": values}
    )
    found = purchase_profile(engine.lend(log), window=WINDOW)
    for q in (0.1, 0.5, 0.9):
        assert found.baskets[q] == pytest.approx(np.quantile(values, q, method="inverted_cdf"), rel=0.0101)


def test_channels_by_hand(record):
    table = channel_behaviour(record["transactions"], window=WINDOW).set_index("channel")
    assert table["orders"].to_dict() == {"web": 3, "shop": 2, "": 1}
    assert table["revenue"].to_dict() == {"web": 130.0, "shop": 25.0, "": 0.0}
    assert table["customers"].to_dict() == {"web": 2, "shop": 1, "": 1}
    assert table["first_customers"].to_dict() == {"web": 1, "shop": 1, "": 1}  # a began in both: shop sorts first
    assert table["came_back"].to_dict() == {"web": 1, "shop": 1, "": 0}
    assert table["first_customers"].sum() == 3


def test_a_log_without_channels_has_no_table(engine):
    assert channel_behaviour(engine.lend(LOG.drop(columns="channel")), window=WINDOW) is None


def test_evidence_by_hand(record):
    found = evidence(record, window=WINDOW)
    assert (found.costs.months, found.costs.of_months, found.costs.months_to_win) == (2, 4, 1)
    assert found.campaigns.campaigns == 2
    assert found.campaigns.with_control == 1
    assert found.campaigns.smallest_arm == 1
    assert found.campaigns.first_control == date(2024, 3, 1)
    assert found.campaigns.first_member == date(2024, 1, 1)
    assert (found.tickets, found.timed_tickets, found.ticket_customers) == (1, 1, 1)  # June is after the end
    assert (found.feedback, found.comments, found.acquired, found.referrals) == (2, 1, 1, 1)
    assert found.respondents is None


def verdicts_of(engine, record) -> dict[str, questions.Verdict]:
    counts = cells(customer_summary(record["transactions"], end=WINDOW.end))
    return {each.question.text("en"): each for each in questions.verdicts(record, WINDOW, counts)}


def test_every_question_has_a_verdict_and_says_why(engine, record):
    found = verdicts_of(engine, record)
    uplift = found["What do campaigns bring that would not have come anyway?"]
    assert not uplift.enough
    assert uplift.reason.text("en").endswith("100 are needed; no control group before Mar 2024")
    assert found["What do customers gain and give up?"].reason.text("en") == "nobody has been asked"
    alone = verdicts_of(engine, {"transactions": record["transactions"]})
    assert alone.keys() == found.keys()
    assert [each.enough for each in alone.values()].count(True) == 1  # what happened so far


def test_enough_of_everything_is_said_so(engine):
    n = 120
    ids = [f"c{i:03d}" for i in range(n)]
    days = [date(2024, 1, 6), date(2024, 4, 6)]
    many = {
        "transactions": pd.DataFrame(
            [(c, d, 10.0) for c in ids for d in days], columns=["customer_id", "ordered_at", "amount"]
        ),
        "campaign_members": pd.DataFrame(
            {
                "campaign_id": "k",
                "customer_id": ids * 2,
                "arm": ["treated"] * n + ["control"] * n,
                "assigned_at": date(2024, 2, 2),
            }
        ),
        "costs": pd.DataFrame(
            {"month": [date(2024, m, 1) for m in (1, 2, 3, 4)], "kind": "acquisition", "amount": 1.0}
        ),
    }
    found = verdicts_of(engine, {name: engine.lend(frame) for name, frame in many.items()})
    assert found["What do campaigns bring that would not have come anyway?"].enough
    assert "no control group before" not in found[
        "What do campaigns bring that would not have come anyway?"
    ].reason.text("en")
    assert found["What does a customer cost?"].enough  # all four months of a short observation


def test_cells_of_the_matrix_hold_as_many_months_as_their_text_needs():
    assert [months_per_cell(n, narrow=False) for n in (1, 13, 14, 36, 39, 40, 2_000)] == [1, 1, 3, 3, 3, 6, 154]
    assert [months_per_cell(n, narrow=True) for n in (5, 6, 36)] == [1, 3, 12]


def wide(**rows: list[int]) -> pd.DataFrame:
    months = pd.date_range("2024-01-01", periods=6, freq="MS")
    return pd.DataFrame(
        [(table, month, n) for table, counts in rows.items() for month, n in zip(months, counts, strict=True)],
        columns=["table", "month", "rows"],
    )


def test_a_silent_month_is_a_break_only_where_chance_cannot_explain_it():
    broken = words.matrix_figure(wide(transactions=[50, 60, 0, 0, 70, 80], referrals=[1, 0, 2, 1, 0, 1]))
    assert broken.title.text("en") == "The source purchases is silent for 2 months in the midst of its time"
    late = words.matrix_figure(wide(transactions=[50, 60, 60, 60, 70, 80], value_survey=[0, 0, 300, 0, 0, 300]))
    assert late.title.text("en").startswith("2 sources, none with a silent month")


def test_every_element_is_said_in_every_language_and_drawn_at_desk_and_phone(record):
    log = record["transactions"]
    profile = purchase_profile(log, window=WINDOW)
    elements = [
        words.matrix_figure(coverage_matrix(record, window=WINDOW)),
        words.sizes(table_sizes(record, window=WINDOW)),
        *words.known_figure(customers_with(record, window=WINDOW), profile.customers),
        *words.profile(profile, "IDR"),
        *words.channels(channel_behaviour(log, window=WINDOW), "IDR"),
        *words.channels(None, "IDR"),
        *words.known_figure(customers_with({"transactions": log}, window=WINDOW), profile.customers),
    ]
    for element in elements:
        assert all(str(element.html(language)) for language in LANGUAGES)
    figures = [element for element in elements if isinstance(element, Figure)]
    assert [each.name for each in figures] == ["coverage", "known", "gaps"]
    for each in figures:
        axes = each.draw("id", narrow=True).axes[0]
        assert axes.get_xlabel() and axes.get_title(loc="left")


@pytest.mark.spark
def test_spark_gives_the_same_as_duckdb(record):
    require("pyspark", "java")
    with open_engine(EngineSection(kind="spark")) as other:
        lent = {name: other.lend(frame) for name, frame in TABLES.items()}
        for function in (coverage_matrix, customers_with):
            pd.testing.assert_frame_equal(
                function(lent, window=WINDOW), function(record, window=WINDOW), check_dtype=False
            )
        sizes = [table_sizes(each, window=WINDOW)[["table", "rows", "undated", "outside"]] for each in (lent, record)]
        pd.testing.assert_frame_equal(*sizes)
        assert evidence(lent, window=WINDOW) == evidence(record, window=WINDOW)
        here, there = (purchase_profile(each["transactions"], window=WINDOW) for each in (record, lent))
        pd.testing.assert_frame_equal(there.gaps, here.gaps)
        assert there.baskets == here.baskets
        channels = [channel_behaviour(each["transactions"], window=WINDOW) for each in (lent, record)]
        pd.testing.assert_frame_equal(*channels, check_dtype=False)
