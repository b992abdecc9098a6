"""The value of customers month by month: what was known then, and no alarm from luck."""

from datetime import date

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import closed_forms
from clv_lib.analysis.group_value import ValueModel
from clv_lib.analysis.value_watch import watched_value
from clv_lib.analysis.watch_metrics import watched_metrics
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.month_cells import cells_of_months
from clv_lib.models import gamma_gamma
from clv_lib.periods import month_number_of
from tests.lives import PURCHASE, SPEND, constant_draws

YEAR = Economics(gross_margin=0.3, discount_rate_per_week=0.0, horizon_weeks=52.0)
MODEL = ValueModel(constant_draws(PURCHASE["bg_nbd"], 4), constant_draws(SPEND, 4), "bg_nbd", YEAR)
MARCH = month_number_of(date(2024, 3, 1))


@pytest.fixture
def log() -> pd.DataFrame:
    rows = [
        ("a", "2024-01-01", 10.0),
        ("a", "2024-01-29", 20.0),
        ("a", "2024-03-25", 40.0),
        ("b", "2024-01-01", 10.0),
        ("b", "2024-01-29", 30.0),
        ("c", "2024-03-11", 5.0),
        ("c", "2024-03-12", 0.0),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"]).dt.date)


def test_a_month_knows_nothing_of_later_days_and_keeps_the_mean_spend(log):
    """By hand, in whole weeks: at the end of January a and b share a cell of mean spend 25; in March nobody does."""
    with DuckDBEngine() as engine:
        lent = engine.lend(log).with_columns(nw.col("ordered_at").cast(nw.Date))
        found = cells_of_months(lent, [MARCH - 2, MARCH])
    january, march = (found[found["month_number"] == number] for number in (MARCH - 2, MARCH))
    assert january[["frequency", "recency", "T", "monetary_value", "n"]].to_numpy().tolist() == [[1, 4, 4, 25, 2]]
    known = march.sort_values(["frequency", "recency"])[["frequency", "recency", "T", "spend_bin", "n"]]
    assert known.to_numpy().tolist() == [[1, 0, 2, -1, 1], [1, 4, 12, 0, 1], [2, 12, 12, 0, 1]]
    assert march["monetary_value"].dropna().sort_values().tolist() == [30, 30]


def months(cells: dict[int, list[tuple[int, float, float, int]]]) -> pd.DataFrame:
    rows = [(number, *cell) for number, own in cells.items() for cell in own]
    table = pd.DataFrame(rows, columns=["month_number", "frequency", "recency", "T", "n"])
    return table.assign(spend_bin=0, monetary_value=30.0)


def test_the_metric_is_the_closed_form_over_those_still_here():
    """One cell a month: value over P(alive) is margin times spend times purchases if alive, whatever the recency."""
    table = months({number: [(3, 20.0, 40.0, 100)] for number in range(15)})
    found = watched_value(MODEL, table, seed=1)
    forms = closed_forms("bg_nbd")
    if_alive = forms.purchases_if_alive(*PURCHASE["bg_nbd"].values(), frequency=3, T=40.0, horizon=52.0)
    spend = gamma_gamma.expected_spend(*SPEND.values(), frequency=3, monetary_value=30.0)
    assert found.monthly["rate"].to_numpy() == pytest.approx(float(0.3 * if_alive * spend), rel=1e-9)
    assert found.recent[0] == pytest.approx(found.before[0], rel=1e-9), "customers all alike have no luck"
    assert found.unit == "money"


def test_a_base_that_buys_less_raises_the_alarm_and_a_handful_of_customers_does_not():
    """A third of the heavy buyers missing in the last months: certain among thousands, luck among twenty."""
    before, recent = [(8, 38.0, 40.0, 2000), (1, 30.0, 40.0, 2000)], [(8, 38.0, 40.0, 1300), (1, 30.0, 40.0, 2700)]
    many = {number: recent if number >= 12 else before for number in range(15)}
    few = {number: [(*cell[:3], cell[3] // 200) for cell in own] for number, own in many.items()}
    alarms = [watched_metrics({}, value=watched_value(MODEL, months(each), seed=1), seed=1)[0] for each in (many, few)]
    assert [each.worse for each in alarms] == [True, False]
    assert alarms[0].recent[0] < alarms[0].before[0]


def test_too_few_months_make_no_verdict():
    found = watched_value(MODEL, months({number: [(3, 20.0, 40.0, 10)] for number in range(4)}), seed=1)
    assert np.isnan(found.p_worse)
