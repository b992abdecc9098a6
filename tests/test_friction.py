"""The journey by hand: who passes, how often, what they are worth, and what of it is unhappy."""

from datetime import date, datetime

import pandas as pd
import pytest
from scipy import stats

from clv_lib.analysis.answers import answers
from clv_lib.analysis.friction import journey
from clv_lib.analysis.touchpoints import passing_of
from clv_lib.errors import CannotEstimateError
from tests.voice_support import END, SMALL, lazy

LAST = END.toordinal()
ORDERS = pd.DataFrame(
    [("a", date(2024, 6, 1)), ("a", date(2024, 6, 1)), ("a", date(2024, 6, 9)), ("b", date(2024, 4, 2)),
     ("c", date(2024, 4, 1)), ("d", date(2024, 7, 1))],
    columns=["customer_id", "ordered_at"],
)  # fmt: skip
TALKS = pd.DataFrame(
    [("b", datetime(2024, 6, 2, 23, 59), "ticket"), ("b", datetime(2024, 6, 3, 0, 1), "call"),
     ("c", datetime(2024, 6, 4, 9, 0), "response"), ("d", datetime(2024, 1, 4, 9, 0), "ticket")],
    columns=["customer_id", "happened_at", "kind"],
)  # fmt: skip
PEOPLE = pd.DataFrame(
    {
        "customer_id": list("abcd"),
        "residual_clv": [100.0, 40.0, 7.0, -2.0],
        "residual_clv_low": [90.0, 30.0, 6.0, -4.0],
        "residual_clv_high": [110.0, 50.0, 8.0, 0.0],
    }
)


def found(days: int = 90, *, people: pd.DataFrame = PEOPLE, feedback: pd.DataFrame = SMALL, **stated):
    record = {"transactions": lazy(ORDERS), "interactions": lazy(TALKS)}
    given = answers(lazy(feedback), end=END)
    return journey(given, record, lazy(people), stated=stated, last_day=LAST, days=days, seed=2)


def test_everybody_who_passes_is_counted_once_and_every_time():
    table = found().table.set_index("touchpoint")
    assert table["passed_by"].to_dict() == {"checkout": "orders", "support": "contacts", "relationship": "everyone"}
    # 90 days up to June 30 begin on April 2: the order of April 1 and the one after the end are not among them
    assert table["passing"].to_dict() == {"checkout": 2, "support": 1, "relationship": 2}
    assert table["value_passing"].to_dict() == {"checkout": 140.0, "support": 40.0, "relationship": 140.0}
    # orders of one day pass once; the answer to a campaign is no contact
    assert (table.at["checkout", "times"], table.at["support", "times"]) == (3, 2)


def test_friction_is_the_share_of_the_unhappy_times_what_they_are_worth():
    table = found().table.set_index("touchpoint")
    row = table.loc["relationship"]
    assert (row["happy"], row["neutral"], row["unhappy"]) == (1, 1, 1), "of a the latest answer counts"
    posterior = stats.beta(2, 3)
    # 4,000 draws: a mean of spread 0.2 is good to 0.0032, an end to about 0.008
    assert row["share"] == pytest.approx(posterior.mean(), abs=0.013)
    assert (row["share_low"], row["share_high"]) == pytest.approx(tuple(posterior.ppf([0.05, 0.95])), abs=0.03)
    assert row["unhappy_passing"] == pytest.approx(row["share"] * 2)
    # share and value are independent, so the mean of the product is that of the means
    assert row["friction"] == pytest.approx(posterior.mean() * 140.0, rel=0.03)
    # Var(XY) of independent factors: E[X]^2 V[Y] + E[Y]^2 V[X] + V[X] V[Y], the value's interval of 40 being 90 % wide
    sd = 40 / (2 * stats.norm.ppf(0.95))
    variance = posterior.mean() ** 2 * sd**2 + 140**2 * posterior.var() + posterior.var() * sd**2
    width = row["friction_high"] - row["friction_low"]
    assert width == pytest.approx(2 * stats.norm.ppf(0.95) * variance**0.5, rel=0.08), "Beta(2, 3) is near normal"


def test_the_relationship_as_a_whole_is_no_point_of_the_journey():
    way = found()
    assert way.table["touchpoint"].iloc[-1] == "relationship"
    assert set(way.points["touchpoint"]) == {"support", "checkout"}
    assert way.points["friction"].is_monotonic_decreasing


def test_the_settings_say_who_passes_where_the_name_does_not():
    renamed = SMALL.assign(touchpoint=SMALL["touchpoint"].replace({"checkout": "zap"}))
    table = found(feedback=renamed).table.set_index("touchpoint")
    assert (table.at["zap", "passed_by"], table.at["zap", "passing"]) == ("answers", 1)
    table = found(feedback=renamed, zap="orders").table.set_index("touchpoint")
    assert (table.at["zap", "passed_by"], table.at["zap", "passing"]) == ("orders", 2)


@pytest.mark.parametrize(
    ("name", "passed"),
    [
        ("Delivery", "orders"), ("PENGIRIMAN barang", "orders"), ("checkout_page", "orders"),
        ("Customer Service", "contacts"), ("layanan pelanggan", "contacts"), ("hubungan", "everyone"),
        ("Brand overall", "everyone"), ("discord", "answers"), ("recaller", "answers"),
    ],
)  # fmt: skip
def test_names_tell_who_passes_in_both_languages(name, passed):
    assert passing_of(name, {}) == passed


def test_without_values_it_counts_customers():
    way = found(people=PEOPLE[["customer_id"]])
    assert not way.valued
    assert "friction" not in way.table
    assert way.table["passing"].sum() == 5


def test_no_named_touchpoint_is_said_and_nothing_fails():
    with pytest.raises(CannotEstimateError, match="none of the last 90 days"):
        found(feedback=SMALL.drop(columns="touchpoint"))
