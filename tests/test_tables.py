"""The contract of the accepted log and of the frames that leave the room: one fault, one sentence."""

from datetime import date

import pandas as pd
import pytest

from clv_lib.data.opening import open_engine
from clv_lib.data.tables import CELLS, TRANSACTIONS, VALUATION_CELLS, breaches, checked
from clv_lib.errors import DataError
from clv_lib.names import MEANINGS
from clv_lib.settings import EngineSection
from tests.six_customers import LOG


@pytest.fixture
def engine():
    with open_engine(EngineSection()) as opened:
        yield opened


def test_a_clean_log_keeps_its_contract(engine):
    assert breaches(engine.lend(LOG)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": -1.0}, "amount must satisfy greater_than_or_equal_to(0), but 14 rows break this"),
        ({"amount": "1"}, "amount must be of type float64, but is String"),
        ({"customer_id": ""}, "customer_id must satisfy str_length(1, None), but 14 rows break this"),
        ({"customer_id": 7}, "customer_id must be of type str, but is Int64"),
        ({"ordered_at": date(1900, 1, 1)}, "ordered_at must satisfy greater_than_or_equal_to(1970-01-02), but 14 rows"),
        ({"quantity": "two"}, "quantity must be of type float64, but is String"),
    ],
)
def test_each_fault_of_the_log_is_named(engine, change, expected):
    found = breaches(engine.lend(LOG.assign(**change)))
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_missing_values_and_missing_columns_are_named(engine):
    holes = LOG.assign(customer_id=LOG["customer_id"].where(LOG["customer_id"] != "ada", None))
    assert breaches(engine.lend(holes)) == ["customer_id must not be missing, but 1 rows break this"]
    (found,) = breaches(engine.lend(LOG.drop(columns="amount")))
    assert found == f"the column amount ({MEANINGS['amount']}) is missing"


def test_every_column_of_the_contract_has_its_one_line_meaning():
    assert {name: column.description for name, column in TRANSACTIONS.columns.items()} == {
        name: MEANINGS[name] for name in TRANSACTIONS.columns
    }


def test_cells_that_break_their_contract_do_not_leave_the_room():
    good = pd.DataFrame({"frequency": [0, 1], "recency": [0.0, 1.0], "T": [2.0, 2.0], "n": [5, 1]})
    pd.testing.assert_frame_equal(checked(good[["n", "T", "recency", "frequency"]], CELLS), good)
    for wrong in (good.assign(n=0), good.assign(T=-1.0), good.drop(columns="T"), good.assign(frequency=0, recency=0.0)):
        with pytest.raises(DataError, match="the cells must keep their contract"):
            checked(wrong, CELLS)
    with pytest.raises(DataError, match="spend_bin"):
        checked(good.assign(spend_bin=-2, monetary_value=1.0), VALUATION_CELLS)
