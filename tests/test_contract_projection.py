"""Members in the months to come, and what is watched: the rules' stages, the model's chances, counts by hand."""

from datetime import date, timedelta

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.contract_projection import Holding, project_members
from clv_lib.analysis.contract_value import value_members
from clv_lib.analysis.member_groups import value_of_member_groups
from clv_lib.analysis.terms import Terms
from clv_lib.analysis.watch_metrics import compared
from clv_lib.data.contract_stages import PERIOD_DAYS, ContractRules, contract_rules, contract_stretches
from clv_lib.data.customers import collected
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.members import members, starting_cells
from clv_lib.data.month_stages import stages_on
from clv_lib.data.renewals_due import renewals_by_month
from clv_lib.data.tenures import tenures
from clv_lib.models.subscriptions import survival
from clv_lib.names import LIFECYCLE_STAGES
from clv_lib.periods import month_number_of
from tests.five_members import END, SUBSCRIPTIONS

GROUPS = pd.DataFrame({"billing_period": ["month"], "plan": ["basic"], "group": ["month | basic"]})
THETA, DRAWS = (0.764, 1.296), 400
BY = ["billing_period", "plan"]
TODAY = date(2024, 6, 30)
NOBODY = pd.DataFrame(
    [(2024 * 12 + month, "new", -1, "retention", 0, 0, 0) for month in range(6)],
    columns=["month_number", "previous_stage", "previous_level", "lifecycle_stage", "level", "stays", "n"],
)


def draws() -> dict[str, np.ndarray]:
    return {"alpha": np.full((DRAWS, 1), THETA[0]), "beta": np.full((DRAWS, 1), THETA[1])}


def signed(*, days_ago: int, **cell: object) -> pd.DataFrame:
    return pd.DataFrame([{"plan": "basic", "started": TODAY.toordinal() - days_ago, "again": 0, **cell}])


def lent(engine: DuckDBEngine, table: pd.DataFrame) -> nw.LazyFrame:
    days = {name: pd.to_datetime(table[name]) for name in ("started_at", "ended_at")}
    frame = engine.lend(table.assign(**days))
    return frame.with_columns(*(nw.col(name).cast(nw.Date) for name in days))


@pytest.fixture(scope="module")
def base():
    """Sixty members who signed on sixty days, monthly and yearly, some before; the last one left."""
    rows = [
        (f"m{n:02}", date(2023, 1, 3) + timedelta(days=9 * n), None, "basic", 10.0, ("month", "year")[n % 2])
        for n in range(60)
    ]
    rows += [(f"m{n:02}", date(2022, 1, 1), date(2022, 2, 1), "basic", 10.0, "month") for n in range(0, 60, 7)]
    rows += [("gone", date(2023, 1, 1), date(2023, 5, 31), "basic", 10.0, "month")]
    columns = ["customer_id", "started_at", "ended_at", "plan", "price", "billing_period"]
    with DuckDBEngine() as engine:
        spells = engine.keep(tenures(lent(engine, pd.DataFrame(rows, columns=columns)), end=TODAY), "spells")
        rules = contract_rules(spells)
        stages = collected(stages_on(contract_stretches(spells, rules=rules, end=TODAY), TODAY))
        cells = starting_cells(members(spells, end=TODAY, horizon_months=12, by=BY), by=BY)
    return rules, stages, cells


def test_a_holding_stands_in_the_stage_that_the_rules_gave_its_members(base):
    rules, stages, cells = base
    told = pd.Series(0, index=list(LIFECYCLE_STAGES))
    for cell in cells.itertuples():
        period = PERIOD_DAYS[cell.billing_period]
        held = Holding(0, period, cell.started, bool(cell.again), cell.renewals, 0.0, np.array([cell.n]))
        told[held.stage(TODAY.toordinal(), rules)] += cell.n
    told["dormant"] += 1
    seen = stages["lifecycle_stage"].value_counts().reindex(list(LIFECYCLE_STAGES), fill_value=0)
    assert told.to_dict() == seen.to_dict()
    assert (seen > 0).sum() >= 5, "the members are spread over the stages"


def test_who_is_here_in_a_year_made_every_renewal_that_fell_due():
    """Seven hundred members with two renewals, twelve more ahead: binomial with S(14) / S(2), within four errors."""
    cells = pd.DataFrame(
        {
            "billing_period": "month",
            "plan": "basic",
            "started": [TODAY.toordinal() - 75],
            "again": 0,
            "renewals": 2,
            "n": 700,
        }
    )
    rules = contract_rules_of(loyal=5)
    ahead = project_members(draws(), cells, GROUPS, NOBODY, rules, family="sbg", dormant=0, end=TODAY, seed=1)
    here = ahead.draws[:, -1, :].sum(axis=1) - ahead.draws[:, -1, LIFECYCLE_STAGES.index("dormant")]
    arrived = ahead.arrivals.sum(axis=1)
    chance = survival("sbg", THETA, renewals=12, made=2)
    error = np.sqrt(700 * chance * (1 - chance) / DRAWS)
    assert (here - arrived).mean() == pytest.approx(700 * chance, abs=4 * error + 0.7 * arrived.mean())
    assert (ahead.draws.sum(axis=2) == 700 + ahead.arrivals.cumsum(axis=1)).all(), "nobody is lost"


def contract_rules_of(*, loyal: int):
    return ContractRules("month", 1, loyal, (), 0.9, pd.DataFrame({"renewal": [1], "n": [9], "of": [10]}))


def test_between_two_renewals_nobody_leaves():
    groups = GROUPS.assign(billing_period="year", group="year | basic")
    cells = pd.DataFrame(
        {
            "billing_period": "year",
            "plan": "basic",
            "started": [TODAY.toordinal() - 380],
            "again": 0,
            "renewals": 1,
            "n": 50,
        }
    )
    rules = contract_rules_of(loyal=5)
    ahead = project_members(draws(), cells, groups, NOBODY, rules, family="sbg", dormant=3, end=TODAY, seed=1)
    gone = ahead.draws[:, :, LIFECYCLE_STAGES.index("dormant")]
    assert (gone[:, :11] == 3).all(), "the second renewal falls due after 350 days"
    assert gone[:, 11].mean() > 3


def test_renewals_are_counted_in_the_month_in_which_they_fell_due():
    """By hand, of the five members: who renewed monthly, and who left instead."""
    with DuckDBEngine() as engine:
        found = renewals_by_month(tenures(lent(engine, SUBSCRIPTIONS), end=END)).set_index("month_number")
    months = {month_number_of(date(2024, number, 1)): number for number in range(1, 8)}
    told = {months[number]: (row["n"], row["of"]) for number, row in found.iterrows()}
    # ann, ben and cat from February on; ben left before April's; dan's quarter would have been renewed on May 1;
    # eve is billed monthly since May, and her spell goes on from January, so she counts like ann
    assert told == {2: (4, 4), 3: (4, 4), 4: (3, 4), 5: (3, 4), 6: (3, 3)}


def test_stages_of_members_add_up_to_all_members_draw_by_draw():
    cells = pd.DataFrame(
        {
            "billing_period": "month", "plan": "basic", "price": 10.0, "renewals": [1, 1, 6],
            "renewals_ahead": [12, 12, 12], "wait": [0.5, 0.5, 0.25], "n": [30, 12, 9],
            "stage": ["retention", "at_risk", "loyalty"],
        }
    )  # fmt: skip
    columns = (np.full((DRAWS, 1), value) for value in (0.6, 0.5, 0.2, 0.0, 0.0))
    terms = Terms(*columns, outcomes=np.zeros((DRAWS, 1)))
    one = {"family": "sbg", "annual_discount_rate": 0.1, "seed": 3}
    wanted = ["retention", "at_risk", "loyalty", "dormant"]
    found = value_of_member_groups(draws(), cells, GROUPS, terms, wanted, by="stage", **one)
    whole = value_members(draws(), cells, GROUPS, terms, **one)
    np.testing.assert_allclose(found.value.sum(axis=0), whole.expected.sum(axis=1), rtol=1e-12)
    assert found.customers.tolist() == [30, 12, 9, 0]
    assert not found.outcome[3].any()


def test_recent_and_earlier_periods_do_not_meet():
    assert compared(15, 3, 12) == (slice(12, 15), slice(0, 12))
    assert compared(2, 3, 12) == (slice(0, 2), slice(0, 0))
