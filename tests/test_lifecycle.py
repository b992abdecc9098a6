"""Movements, durations, what to watch and the months to come, against independent paths and the simulated truth."""

from datetime import date
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from clv_lib.analysis.lifecycle import Lifecycle, life_stages
from clv_lib.analysis.movement import counts_of, movement
from clv_lib.analysis.stage_durations import durations, staying
from clv_lib.analysis.stage_projection import project_stages
from clv_lib.analysis.watch_metrics import watched_metrics
from clv_lib.data.customers import collected
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.simulate import simulate_crm
from clv_lib.data.stages import NEW
from clv_lib.names import LIFECYCLE_STAGE, LIFECYCLE_STAGES, N
from clv_lib.periods import observation_window
from clv_lib.settings import StagesSection

DEMO = Path(__file__).parents[1] / "data" / "demo"
START, CUT, END = date(2022, 1, 1), date(2023, 12, 31), date(2024, 12, 31)


def record_of(engine: DuckDBEngine, tables: dict[str, pd.DataFrame]) -> dict[str, nw.LazyFrame]:
    """The simulated shop as a model sees it: named customers and paid orders."""
    log = tables["transactions"]
    known = set(tables["customers"]["customer_id"])
    log = log[log["customer_id"].isin(known) & (log["amount"] > 0)]
    wanted = {
        "transactions": (log, ["customer_id", "ordered_at", "amount"], "ordered_at"),
        "referrals": (tables["referrals"], ["referrer_id", "referred_id", "referred_at"], "referred_at"),
    }
    record = {}
    for name, (frame, columns, day) in wanted.items():
        frame = frame[columns].assign(**{day: pd.to_datetime(frame[day])})
        if name == "transactions":
            frame = frame.assign(amount=frame["amount"].astype("float64"))
        lent = engine.lend(frame).with_columns(nw.col(day).cast(nw.Date), nw.col(columns[0]).cast(nw.String))
        record[name] = engine.keep(lent, name)
    return record


def lifecycle(engine: DuckDBEngine, tables: dict[str, pd.DataFrame], end: date, section: StagesSection) -> Lifecycle:
    return life_stages(record_of(engine, tables), section, observation_window(START, end))


@pytest.fixture(scope="module")
def demo() -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(DEMO / f"{name}.csv") for name in ("transactions", "customers", "referrals")}


def cells(rows) -> pd.DataFrame:
    columns = ["month_number", "previous_stage", "previous_level", "lifecycle_stage", "level", "stays", "n"]
    return pd.DataFrame(rows, columns=columns)


def test_a_chance_is_the_beta_share_of_those_who_began_the_month_there():
    found = movement(
        cells(
            [
                (1, NEW, -1, "retention", 0, 0, 40),
                (2, "retention", 0, "retention", 1, 1, 30),
                (2, "retention", 0, "at_risk", 0, 0, 10),
                (2, NEW, -1, "acquisition", 0, 0, 5),
            ]
        )
    )
    chance = found.chance("retention", "at_risk")
    assert chance["mean"] == pytest.approx(10.5 / 44)
    assert (chance["low"], chance["high"]) == pytest.approx(tuple(beta.ppf([0.05, 0.95], 10.5, 33.5)))
    assert found.counts.loc[NEW, "acquisition"] == 5
    assert found.leaks.iloc[0]["n"] == 10


def test_a_stay_that_goes_on_counts_as_long_as_it_was_seen():
    """Five stays by hand: leave at 1, 2, 4; still here at 3 and 5. S = 4/5, 4/5*3/4, 4/5*3/4*1/2."""
    lengths = pd.DataFrame({"days": [1, 2, 3, 4, 5], "ended": [1, 1, 0, 1, 0], "n": 1})
    assert staying(lengths)["share"].tolist() == pytest.approx([0.8, 0.6, 0.3])
    table = durations(lengths.assign(lifecycle_stage="at_risk"))
    assert table["median"].iloc[0] == pytest.approx(4 / (365.25 / 12))


def test_what_always_got_worse_is_told_and_what_did_not_is_not():
    numbers = range(100, 115)
    steady = pd.DataFrame({"month_number": numbers, "n": [50, 48, 52] * 5, "of": 500})
    fallen = steady.assign(n=[50, 48, 52] * 4 + [25, 27, 26])
    risen = steady.assign(n=[50, 48, 52] * 4 + [80, 85, 82])
    found = {
        each.name: each
        for each in watched_metrics({"repeat_buying": fallen, "lapse": risen, "activation": steady}, seed=1)
    }
    assert found["repeat_buying"].worse
    assert found["lapse"].worse, "lapsing is worse when it is higher"
    assert not found["activation"].worse


def test_months_that_scatter_raise_no_alarm():
    """Between 2 % and 18 % month by month before, 6 % now: nothing beyond what months do."""
    wild = pd.DataFrame({"month_number": range(15), "n": [10, 90] * 6 + [30, 28, 32], "of": 500})
    calm = wild.assign(n=[50, 50] * 6 + [30, 28, 32])
    (uncertain,) = watched_metrics({"repeat_buying": wild}, seed=1)
    (certain,) = watched_metrics({"repeat_buying": calm}, seed=1)
    assert certain.worse
    assert not uncertain.worse


def test_a_base_that_nobody_enters_or_leaves_stays_as_it_is():
    rows = [(0, NEW, -1, "retention", 0, 0, 40)] + [
        (month, "retention", 0, "retention", 0, 1, 40) for month in range(1, 15)
    ]
    ahead = project_stages(cells(rows), seed=3, draws=50)
    at_end = ahead.draws[:, -1, LIFECYCLE_STAGES.index("retention")]
    assert at_end.min() == 40
    assert ahead.draws.sum(axis=2).mean() == pytest.approx(40, abs=2), "half a newcomer a year is what nobody means"


def test_futures_lose_nobody(demo):
    with DuckDBEngine() as engine:
        found = lifecycle(engine, demo, CUT, StagesSection())
    ahead = project_stages(found.movements, seed=3, draws=40, months=6)
    everybody = found.monthly.iloc[-1].sum() + ahead.arrivals.cumsum(axis=1)
    assert (ahead.draws.sum(axis=2) == everybody).all()


@pytest.mark.slow
def test_the_stages_agree_with_the_truth_of_the_demo(demo):
    """Dormant customers have left, those who buy have not, four times in five or better.

    Seen: 85 % of the dormant have left and 94 % of those in their rhythm are alive. P(alive) above one half, from the
    model that knows the process, is right for 85 %: a silent customer cannot be told better, so 80 % is asked of both
    and of the whole, 3,000 customers giving a standard error of .7 points, and the best that silence allows for all.
    """
    truth = pd.read_csv(DEMO / "truth_customers.csv")
    merges = pd.read_csv(DEMO / "merges.csv").set_index("old_id")["new_id"]
    with DuckDBEngine() as engine:
        log = demo["transactions"].assign(
            customer_id=demo["transactions"]["customer_id"].map(lambda each: merges.get(merges.get(each, each), each))
        )
        found = lifecycle(engine, {**demo, "transactions": log}, END, StagesSection())
        now = collected(found.now)
    both = now.merge(truth, on="customer_id", how="inner")
    left, stage = both["left_at"].notna(), both[LIFECYCLE_STAGE]
    busy = ~stage.isin(["at_risk", "dormant"])
    told = stage == "dormant"
    assert left[told].mean() >= 0.80
    assert 1 - left[busy].mean() >= 0.90
    assert (told == left).mean() >= 0.80


@pytest.mark.slow
def test_the_bands_of_twelve_months_hold_what_the_simulation_brings():
    """Three companies cut a year before their end: 3 x 8 stages x 12 months, 90 % claimed.

    Months of one company move together, so 288 fields are worth some 30 independent ones: binomial standard error
    .055, and .80 is two of them below what is claimed. Above .99 the bands would say nothing.
    """
    inside = []
    for seed in (1, 2, 3):
        tables = simulate_crm(1_000, seed=seed).tables
        with DuckDBEngine() as engine:
            early = lifecycle(engine, tables, CUT, StagesSection())
            stated = {name: getattr(early.rules, name) for name in early.rules.derived}
            late = lifecycle(engine, tables, END, StagesSection(**stated))
        ahead = project_stages(early.movements, seed=seed, draws=200).table.set_index([LIFECYCLE_STAGE, "ahead"])
        came = late.monthly.tail(12)
        for stage in LIFECYCLE_STAGES:
            own = ahead.loc[stage].iloc[1:]
            inside += [
                own["low"].to_numpy() <= came[stage].to_numpy(),
                came[stage].to_numpy() <= own["high"].to_numpy(),
            ]
    held = np.array(inside[::2]) & np.array(inside[1::2])
    assert 0.80 <= held.mean() <= 0.99


def test_movements_of_the_demo_rebuild_its_sizes(demo):
    with DuckDBEngine() as engine:
        found = lifecycle(engine, demo, END, StagesSection())
    monthly = found.monthly
    for month in monthly.index[1:]:
        table = counts_of(found.movements[found.movements["month_number"] == month])
        assert (table.sum(axis=0) == monthly.loc[month]).all()
        assert (table.drop(index=NEW).sum(axis=1) == monthly.loc[month - 1]).all()
    assert int(found.movements[N].sum()) == int(monthly.to_numpy().sum())


def test_a_short_log_foresees_as_many_newcomers_as_came_when_it_had_seen_everybody():
    """Whoever was a customer before looks new at first: 400, 100, 20 and then 6 a month for half a year."""
    new = [400, 100, 20, 6, 6, 6, 6, 6, 6]
    rows = [(month, NEW, -1, "retention", 0, 0, n) for month, n in enumerate(new)]
    rows += [(month, "retention", 0, "retention", 0, 1, sum(new[:month])) for month in range(1, len(new))]
    ahead = project_stages(cells(rows), seed=3, draws=200)
    assert ahead.arrivals.sum(axis=1).mean() == pytest.approx(12 * 6, rel=0.35), "the drift is wide"
