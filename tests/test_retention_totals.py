"""The views add up to what the page on data says of the same log: customers, purchase days and revenue."""

from pathlib import Path

import narwhals as nw
import pandas as pd
import pytest

from clv_lib.analysis.bridge import bridge
from clv_lib.analysis.cohorts import cohorts
from clv_lib.analysis.second_purchase import second_purchase
from clv_lib.data.customers import collected, customer_summary
from clv_lib.data.handover import by_month, window_of
from clv_lib.data.opening import open_engine
from clv_lib.data.purchase_periods import purchase_months, purchase_periods, waits
from clv_lib.data.record import read_everything
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.periods import month_number_of, periods_of
from clv_lib.settings import load_settings

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(("name", "periods"), [("cdnow", ["month"]), ("demo", ["month", "quarter"])])
def test_cohorts_and_bridge_add_up_to_the_page_on_data(name, periods):
    settings = load_settings(DATA / name)
    with open_engine(settings.engine) as engine:
        log, _ = read_everything(settings, engine)
        window = window_of(log.report, settings)
        for period in periods:
            add_up(log.transactions, periods_of(window, period), window.end)


def add_up(transactions, cut, end):
    months = by_month(transactions, end=end)
    summary = collected(
        customer_summary(transactions, end=end).select(
            nw.len().alias("customers"), (nw.col("frequency") + 1).sum().alias("days")
        )
    ).iloc[0]
    activity = purchase_periods(purchase_months(transactions, end=end), length=cut.months)
    found, steps = cohorts(activity, cut), bridge(activity, cut)
    assert found.sizes.sum() == summary["customers"]
    assert found.cells["orders"].sum() == summary["days"] == months["orders"].sum()
    units = (months["revenue"] * MONEY_UNITS).round().astype("int64")
    assert found.cells["units"].sum() == units.sum()
    numbers = [month_number_of(pd.Timestamp(day).date()) // cut.months for day in months["month"]]
    of_period = units.groupby(numbers).sum()
    assert steps.money["after"].tolist() == of_period.reindex(steps.money.index).tolist()
    second = second_purchase(waits(transactions, end=end, length=cut.months), horizon=60)
    assert second.cohorts.set_index("cohort")["n"].to_dict() == found.sizes.to_dict()
