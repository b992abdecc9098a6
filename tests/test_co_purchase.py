"""What goes with what, against counting buyers by hand; and what is not recommended."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.co_purchase import co_purchase, recommended
from tests.signs_support import frames

TODAY = date(2024, 6, 30)


def bought(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "product_id", "ordered_at"])
    return table.assign(ordered_at=pd.to_datetime(table["ordered_at"]), amount=10.0)


def learnt(table: pd.DataFrame, *, used_up: float = 0.5, fewest: int = 1):
    found = co_purchase(frames({"t": table})["t"], None, as_of=TODAY.toordinal(), used_up=used_up, fewest=fewest)
    assert found is not None
    return found


def test_likeness_is_the_cosine_of_the_buyers():
    rng = np.random.default_rng(2)
    rows = [(f"c{rng.integers(40)}", f"p{rng.integers(7)}", "2024-03-01") for _ in range(250)]
    table = bought(*rows)
    found = learnt(table, fewest=2)
    buyers = {name: set(own["customer_id"]) for name, own in table.groupby("product_id")}
    wanted = {
        (a, b): len(buyers[a] & buyers[b]) / np.sqrt(len(buyers[a]) * len(buyers[b]))
        for a in buyers
        for b in buyers
        if a != b and len(buyers[a] & buyers[b]) >= 2
    }
    made = {(row.product, row.other): row.cosine for row in found.pairs.itertuples()}
    assert made == pytest.approx(wanted)


COMPANY = [
    # coffee is used up: all four bought it again after 30 days; a grinder is bought once, with it
    *((f"c{k}", "coffee", day) for k in range(4) for day in ("2024-03-01", "2024-03-31")),
    *((f"c{k}", "grinder", "2024-03-01") for k in range(3)),
    *((f"c{k}", "filter", "2024-03-01") for k in (0, 1)),
]


@pytest.mark.parametrize(
    ("history", "replenish", "wanted"),
    [
        # bought coffee long ago: it has run out, and the grinder goes with it before the filter
        ([("n", "coffee", "2024-04-01")], False, ("grinder", "filter", "coffee")),
        ([("n", "coffee", "2024-04-01")], True, ("coffee", "grinder", "filter")),
        # bought it the other day: it cannot have run out
        ([("n", "coffee", "2024-06-25")], True, ("grinder", "filter")),
        # a grinder is not used up, so who has just bought one is not offered one
        ([("n", "grinder", "2024-04-01")], True, ("coffee", "filter")),
        # nobody recommends anything to a customer of whom nothing is known
        ([], True, ()),
    ],
)
def test_what_was_just_bought_is_recommended_only_if_it_is_used_up(history, replenish, wanted):
    found = learnt(bought(*COMPANY, *history))
    assert found.replenished == {"coffee"}
    listed = pd.DataFrame({"customer_id": ["n"], "send_on": [TODAY.toordinal()]})
    assert recommended(found, listed, most=3, bought_days=365, replenish=[replenish]) == [wanted]


def test_what_was_bought_long_ago_may_be_recommended_again():
    found = learnt(bought(*COMPANY, ("n", "grinder", "2024-03-01"), ("n", "filter", "2024-06-01")))
    listed = pd.DataFrame({"customer_id": ["n"], "send_on": [TODAY.toordinal()]})
    assert "grinder" in recommended(found, listed, most=5, bought_days=60, replenish=[False])[0]
    assert "grinder" not in recommended(found, listed, most=5, bought_days=365, replenish=[False])[0]


def test_without_products_nothing_is_learnt_and_categories_may_stand_in():
    table = bought(*COMPANY)
    nothing = frames({"t": table.drop(columns="product_id")})["t"]
    assert co_purchase(nothing, None, as_of=TODAY.toordinal(), used_up=0.5) is None
    groups = frames({"t": table.rename(columns={"product_id": "category"})})["t"]
    found = co_purchase(groups, None, as_of=TODAY.toordinal(), used_up=0.5)
    assert found is not None
    assert set(found.products["product"]) == {"coffee", "grinder", "filter"}


def test_what_comes_later_is_not_known_yet():
    table = bought(*COMPANY, ("c9", "tea", "2024-07-02"))
    assert "tea" not in set(learnt(table).products["product"])
