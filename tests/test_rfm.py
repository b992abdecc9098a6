"""RFM beside the segments, what they buy, and who moved: each against counting by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.rfm import fifths, rfm_beside, rfm_by_segment, with_rfm
from clv_lib.analysis.segment_purchases import segment_purchases
from clv_lib.analysis.segment_table import segment_moves, segment_table
from clv_lib.periods import ObservationWindow
from tests.segments_support import collected, lazy

TEN = pd.DataFrame(
    {
        "customer_id": list("abcdefghij"),
        "last_purchase_day": [100, 90, 80, 70, 60, 50, 40, 30, 20, 10],
        "frequency": [0, 0, 0, 0, 0, 1, 1, 2, 5, 9],
        "total_value": [10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0, 0.0, -5.0],
    }
)


def scored() -> pd.DataFrame:
    return collected(with_rfm(lazy(TEN))).sort_values("customer_id", ignore_index=True)


def test_a_figure_says_how_many_fifths_of_the_customers_are_below():
    found = scored()
    for name, column in (("r", "last_purchase_day"), ("f", "frequency")):
        below = np.array([(TEN[column] < value).mean() for value in TEN[column]])
        assert found[name].tolist() == (1 + np.floor(5 * below + 1e-12)).astype(int).tolist()
    assert found["rfm"][0] == "512", "the latest, one of five who bought once, and third from below in money"


def test_customers_who_are_alike_get_the_same_figure_and_nothing_spent_is_the_lowest():
    found = scored()
    assert found["f"].tolist() == [1, 1, 1, 1, 1, 3, 3, 4, 5, 5]
    assert found["m"].tolist()[8:] == [1, 1]
    assert fifths(np.array([3.0]), np.array([50.0])) == []
    assert fifths(np.array([]), np.array([])) == []


def people() -> pd.DataFrame:
    table = scored().assign(
        residual_clv=[50.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0, 22.0],
        value_tier=["high", *["low"] * 7, "high", "middle"],
        segment=["champions", *["dormant"] * 7, "champions", "loyal_core"],
    )
    return table.sample(frac=1.0, random_state=3)


def test_as_many_customers_chosen_by_rfm_are_those_with_the_highest_sums():
    found = rfm_beside(lazy(people()))
    table = people()
    sums = (table["r"] + table["f"] + table["m"]).to_numpy()
    order = table["residual_clv"].to_numpy()[np.argsort(-sums)]
    ranks = -np.sort(-sums)
    assert found.taken == 2 and found.by_value == pytest.approx(150 / 200)
    top = table["residual_clv"][sums > ranks[1]].sum()
    tied = table["residual_clv"][sums == ranks[1]].mean()
    assert found.by_rfm == pytest.approx((top + (2 - (sums > ranks[1]).sum()) * tied) / 200)
    assert found.by_rfm < found.by_value and len(order) == 10
    assert found.grid["n"].sum() == 10


def test_without_values_the_grid_has_counts_and_no_choice_is_compared():
    table = people().drop(columns=["residual_clv", "value_tier"]).assign(residual_clv=None, value_tier=None)
    found = rfm_beside(lazy(table.astype({"residual_clv": "float64[pyarrow]", "value_tier": "string[pyarrow]"})))
    assert found.taken == 0 and np.isnan(found.by_value) and found.grid["value"].isna().all()


def test_the_figures_of_a_segment_are_the_means_of_its_customers():
    found = rfm_by_segment(lazy(people())).set_index("segment")
    table = people()
    for segment, own in table.groupby("segment"):
        assert found.loc[segment, ["r", "f", "m"]].tolist() == pytest.approx(own[["r", "f", "m"]].mean().tolist())
    assert found.index.tolist() == ["champions", "loyal_core", "dormant"]


WINDOW = ObservationWindow(date(2023, 1, 1), date(2024, 12, 31))
LOG = pd.DataFrame(
    {
        "customer_id": ["a", "a", "a", "b", "i", "c"],
        "ordered_at": [
            date(2024, 5, 1),
            date(2024, 5, 1),
            date(2024, 6, 1),
            date(2024, 1, 2),
            date(2024, 12, 31),
            date(2023, 12, 1),
        ],
        "amount": [10.0, 30.0, 20.0, 40.0, 60.0, 99.0],
        "discount": [0.0, 10.0, 0.0, 0.0, 0.0, 1.0],
        "category": ["tea", "tea", "cups", "cups", "tea", "tea"],
    }
)


def test_what_a_segment_bought_is_of_the_last_year_alone():
    found = segment_purchases(lazy(people()), lazy(LOG), None, window=WINDOW)
    table = found.table.set_index("segment")
    assert table.loc["champions", ["buyers", "days", "revenue", "discount"]].tolist() == [2, 3, 120.0, 10.0]
    assert table.loc["dormant", ["buyers", "days", "revenue"]].tolist() == [1, 1, 40.0]
    assert table.loc["loyal_core", "days"] == 0
    goods = found.goods.set_index(["segment", "item"])
    assert goods.loc[("champions", "tea"), "share"] == pytest.approx(100 / 120)
    assert goods.loc[("champions", "tea"), "lift"] == pytest.approx((100 / 120) / (100 / 160))
    assert found.favourites("champions").empty, "two buyers are too few to speak of favourites"


def test_goods_are_named_by_the_table_of_products_or_not_at_all():
    products = pd.DataFrame({"product_id": ["p"], "name": ["Green tea"], "price": [1.0]})
    log = LOG.drop(columns=["category", "discount"]).assign(product_id="p")
    named = segment_purchases(lazy(people()), lazy(log), lazy(products), window=WINDOW)
    assert set(named.goods["item"]) == {"Green tea"} and named.by == "product"
    bare = segment_purchases(lazy(people()), lazy(log.drop(columns="product_id")), None, window=WINDOW)
    assert bare.goods.empty and bare.by == "" and bare.table["discount"].isna().all()


def test_movement_adds_up_from_then_to_now():
    now = pd.DataFrame(
        {"customer_id": list("abcde"), "segment": ["champions", "dormant", "dormant", "champions", "newcomers"]}
    )
    then = pd.DataFrame(
        {"customer_id": list("abcdx"), "segment": ["loyal_core", "dormant", "champions", "champions", "champions"]}
    )
    moves = segment_moves(lazy(now), lazy(then))
    assert (moves.known, moves.moved, moves.new) == (4, 2, 1)
    table = moves.table().set_index("segment")
    assert table.loc["champions"].to_dict() == {"before": 3, "came": 1, "left": 1, "new": 0, "gone": 1, "now": 2}
    assert table["now"].to_dict() == {**dict.fromkeys(table.index, 0), **now["segment"].value_counts().to_dict()}


def test_the_same_customers_again_have_not_moved():
    now = people()[["customer_id", "segment"]]
    moves = segment_moves(lazy(now), lazy(now))
    assert (moves.known, moves.moved, moves.new) == (10, 0, 0)


def test_the_table_of_segments_adds_up_and_names_those_without_customers():
    table = people().assign(churn_risk=0.25, value_at_risk=2.0, reachable=True)
    profit = pd.DataFrame({"customer_id": list("abcdefghij"), "profit": np.arange(10.0)})
    one = {"revenue": lazy(TEN), "margin": 0.5, "base": None}
    found = segment_table(lazy(table), profit=lazy(profit), **one).set_index("segment")
    assert found["n"].sum() == 10 and found["value"].sum() == 200 and found["profit"].sum() == 45
    assert found.loc["champions", ["n", "value", "profit", "value_at_risk", "risk", "reachable"]].tolist() == [
        2,
        150,
        8,
        4,
        0.25,
        2,
    ]
    assert found.loc["overdue", "n"] == 0 and np.isnan(found.loc["overdue", "risk"])
    assumed = segment_table(lazy(table), profit=None, **one).set_index("segment")
    assert assumed["profit"].sum() == pytest.approx(0.5 * TEN["total_value"].sum())
