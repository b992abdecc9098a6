"""Everybody stands in exactly one stage on every day, by what was known on it, and movements rebuild the sizes."""

from datetime import date, timedelta
from math import floor

import narwhals as nw
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_lib.data.customers import collected, purchase_days
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.keeping import kept
from clv_lib.data.month_stages import buying_cells, month_ends, movement_cells, stages_on, stays
from clv_lib.data.stage_rules import StageRules, stage_rules
from clv_lib.data.stages import NEW, stretches
from clv_lib.errors import SettingsError
from clv_lib.names import LIFECYCLE_STAGES
from clv_lib.periods import month_number_of
from clv_lib.settings import StagesSection, load_settings
from tests.examples import examples

START, DAYS = date(2024, 1, 1), 150
END = START + timedelta(days=DAYS - 1)
RULES = StageRules(
    acquisition_days=10,
    regular_from=3,
    loyal_from=5,
    loyal_value=500.0,
    at_risk_after=2.0,
    dormant_after=4.0,
    least_silence_days=3,
    settled_from=3,
    referral_days=20,
    rhythm_days=8.0,
    rhythm_weight=1.5,
)


def by_hand(day: int, bought: list[tuple[int, float]], signed: int | None, brought: list[int], rules: StageRules):
    """The rules as they are told on the page, for one customer and one day, without a window function."""
    past = sorted((when, paid) for when, paid in bought if when <= day)
    days = sorted({when for when, _ in past})
    if not days:
        if signed is None or signed > day:
            return None
        quiet, gone = limits(0, 0, rules)
        return "dormant" if day - signed > gone else "at_risk" if day - signed > quiet else "acquisition"
    run, since_return = 1, 0
    for number in range(1, len(days)):
        quiet, gone = limits(number - 1, days[number - 1] - days[0], rules)
        wait = days[number] - days[number - 1]
        run = 1 if wait > quiet else run + 1
        since_return = 1 if wait > gone else since_return + 1 if since_return else 0
    quiet, gone = limits(len(days) - 1, days[-1] - days[0], rules)
    silence, regular = day - days[-1], len(days) >= rules.regular_from
    if silence > gone:
        return "dormant"
    if silence > quiet:
        return "at_risk"
    if any(0 <= day - when < rules.referral_days for when in brought):
        return "referral"
    if 0 < since_return < rules.settled_from:
        return "reactivated"
    if len(days) == 1 and silence <= rules.acquisition_days:
        return "acquisition"
    if regular and (run >= rules.loyal_from or sum(paid for _, paid in past) >= rules.loyal_value):
        return "loyalty"
    return "retention" if regular else "activation"


def limits(gaps: int, past: int, rules: StageRules) -> tuple[int, int]:
    rhythm = (past + rules.rhythm_days * rules.rhythm_weight) / (gaps + rules.rhythm_weight)
    least = rules.least_silence_days
    return (
        max(floor(rhythm * rules.at_risk_after), least),
        max(floor(rhythm * rules.dormant_after), 2 * least),
    )


def on(day: int) -> date:
    return START + timedelta(days=day)


def tables(people):
    log = [(who, on(day), paid) for who, (bought, _, _) in people.items() for day, paid in bought]
    signed = [(who, on(day)) for who, (_, day, _) in people.items() if day is not None]
    brought = [(who, on(day)) for who, (_, _, days) in people.items() for day in days]
    return (
        pd.DataFrame(log, columns=["customer_id", "ordered_at", "amount"]),
        pd.DataFrame(signed, columns=["customer_id", "acquired_at"]),
        pd.DataFrame(brought, columns=["referrer_id", "referred_at"]),
    )


def lent(engine: DuckDBEngine, frame: pd.DataFrame, text: str, day: str, *more: str) -> nw.LazyFrame:
    lines = frame.astype({text: "str"})
    lines[day] = pd.to_datetime(lines[day])
    for name in more:
        lines[name] = lines[name].astype("float64")
    return engine.lend(lines).with_columns(nw.col(day).cast(nw.Date), nw.col(text).cast(nw.String))


def found_on(engine: DuckDBEngine, people, rules: StageRules, end: date = END) -> nw.LazyFrame:
    log, signed, brought = tables(people)
    return stretches(
        lent(engine, log, "customer_id", "ordered_at", "amount"),
        rules=rules,
        end=end,
        customers=lent(engine, signed, "customer_id", "acquired_at"),
        referrals=lent(engine, brought, "referrer_id", "referred_at"),
    )


def daily(found: nw.LazyFrame, last: int) -> dict[tuple[str, int], str]:
    """Stage of every customer on every day, and that no day has two."""
    lines = collected(found)
    told: dict[tuple[str, int], str] = {}
    for line in lines.itertuples():
        begins = int(line.day) - START.toordinal()
        ends = last + 1 if pd.isna(line.until) else int(line.until) - START.toordinal()
        for day in range(begins, ends):
            assert (line.customer_id, day) not in told, "two stages on one day"
            told[line.customer_id, day] = line.lifecycle_stage
    return told


moments = st.integers(0, DAYS - 1)
purchases = st.lists(st.tuples(moments, st.sampled_from([0.0, 20.0, 260.0])), max_size=9)
person = st.tuples(purchases, st.none() | moments, st.lists(moments, max_size=2))
rules_of = st.builds(
    StageRules,
    acquisition_days=st.integers(0, 40),
    regular_from=st.integers(2, 4),
    loyal_from=st.integers(2, 6),
    loyal_value=st.sampled_from([50.0, 500.0, float("inf")]),
    at_risk_after=st.sampled_from([0.5, 1.0, 2.3]),
    dormant_after=st.sampled_from([2.3, 4.0]),
    least_silence_days=st.integers(1, 9),
    settled_from=st.integers(2, 4),
    referral_days=st.integers(1, 40),
    rhythm_days=st.sampled_from([2.0, 9.5, 30.0]),
    rhythm_weight=st.sampled_from([0.1, 1.0, 4.25]),
)
crowd = st.lists(person, min_size=1, max_size=6).map(lambda each: {f"0{n}": life for n, life in enumerate(each)})
bought_once = crowd.filter(lambda people: any(bought for bought, _, _ in people.values()))


@examples(5, thorough=300)
@given(people=bought_once, rules=rules_of)
def test_every_customer_is_in_the_one_stage_that_the_rules_tell_on_every_day(people, rules):
    with DuckDBEngine() as engine:
        told = daily(found_on(engine, people, rules), DAYS - 1)
    expected = {
        (who, day): by_hand(day, bought, signed, brought, rules)
        for who, (bought, signed, brought) in people.items()
        for day in range(DAYS)
    }
    assert told == {key: stage for key, stage in expected.items() if stage is not None}
    assert set(told.values()) <= set(LIFECYCLE_STAGES)


@examples(3, thorough=100)
@given(people=bought_once, cut=st.integers(0, DAYS - 1))
def test_a_stage_knows_nothing_of_later_days(people, cut):
    early = {
        who: ([each for each in bought if each[0] <= cut], signed, [day for day in brought if day <= cut])
        for who, (bought, signed, brought) in people.items()
    }
    with DuckDBEngine() as engine:
        whole = collected(stages_on(found_on(engine, people, RULES), on(cut)))
        known = collected(stages_on(found_on(engine, early, RULES, on(cut)), on(cut)))
    columns = ["customer_id", "lifecycle_stage", "since", "purchases"]
    ordered = [each[columns].sort_values("customer_id", ignore_index=True) for each in (whole, known)]
    pd.testing.assert_frame_equal(*ordered, check_dtype=False)


@examples(4, thorough=100)
@given(people=bought_once, rules=rules_of)
def test_movements_rebuild_the_sizes_of_the_stages(people, rules):
    months = range(month_number_of(START), month_number_of(END) + 1)
    with DuckDBEngine() as engine:
        ends = collected(month_ends(found_on(engine, people, rules), months))
    moves = ends.groupby(["month_number", "previous_stage", "lifecycle_stage"]).size()
    for month in months:
        here = ends[ends["month_number"] == month]["lifecycle_stage"].value_counts().to_dict()
        into = moves.get(month, pd.Series(dtype=int)).groupby("lifecycle_stage").sum().to_dict()
        assert into == here
        if month > months[0]:
            before = ends[ends["month_number"] == month - 1]["lifecycle_stage"].value_counts().to_dict()
            out_of = moves[month].groupby("previous_stage").sum().drop(NEW, errors="ignore").to_dict()
            assert out_of == before, "nobody is lost between two months, and only newcomers come from nowhere"


def test_since_is_the_first_day_of_the_unbroken_stay():
    people = {"ada": ([(0, 10.0), (6, 10.0), (12, 10.0), (18, 10.0)], None, [])}
    with DuckDBEngine() as engine:
        lines = collected(found_on(engine, people, RULES)).sort_values("day")
    told = [(line.lifecycle_stage, int(line.since) - START.toordinal()) for line in lines.itertuples()]
    assert dict(told) == {"acquisition": 0, "activation": 6, "retention": 12, "at_risk": 32, "dormant": 45}


def test_a_slow_customer_may_be_silent_longer_than_a_quick_one():
    weekly = ([(7 * week, 5.0) for week in range(6)], None, [])
    monthly = ([(0, 5.0), (30, 5.0), (60, 5.0), (90, 5.0)], None, [])
    with DuckDBEngine() as engine:
        told = daily(found_on(engine, {"quick": weekly, "slow": monthly}, RULES), DAYS - 1)
    assert told["quick", 35 + 30] == "dormant"
    assert told["slow", 90 + 30] == "retention"


def test_the_rhythm_is_learnt_from_customers_who_have_one():
    """2,000 customers at Gamma(2, 20) rates, ten gaps each: weight 2 and rhythm 10 within four standard errors.

    The information of ten gaps each gives the logs of weight and rhythm standard errors of about .035 and .02.
    """
    import numpy as np

    rng = np.random.default_rng(5)
    rows = []
    for number in range(2_000):
        days = np.cumsum(rng.exponential(1 / (rng.gamma(2.0) / 20.0), 10)) * 10  # tenths of days against rounding
        rows += [(str(number), int(day) + 1) for day in (0, *days)]
    frame = pd.DataFrame(rows, columns=["customer_id", "purchase_day"]).drop_duplicates().assign(value=10_000)
    rules = stage_rules(StagesSection(), nw.from_native(frame).lazy())
    assert rules.rhythm_weight == pytest.approx(2.0, rel=0.15)
    assert rules.rhythm_days == pytest.approx(100.0, rel=0.09)
    assert 1 < rules.at_risk_after < rules.dormant_after


def test_what_is_stated_is_not_derived():
    stated = StagesSection(acquisition_days=7, loyal_from=4, at_risk_after=1.5, dormant_after=5.0, rhythm_days=12.0)
    people = {"ada": ([(0, 10.0), (6, 10.0), (12, 10.0)], None, [])}
    with DuckDBEngine() as engine:
        log = lent(engine, tables(people)[0], "customer_id", "ordered_at", "amount")
        rules = stage_rules(stated, purchase_days(log))
    assert (rules.acquisition_days, rules.loyal_from, rules.at_risk_after, rules.dormant_after) == (7, 4, 1.5, 5.0)
    assert set(rules.derived) == {"loyal_value", "rhythm_weight"}


def test_a_stated_order_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "dataset.toml").write_text(
        '[dataset]\nname = "x"\ncurrency = "USD"\n[tables.transactions]\npath = "x.csv"\n'
        "[stages]\nat_risk_after = 3.0\ndormant_after = 2.0\n"
    )
    with pytest.raises(SettingsError, match="dormant_after must not be less"):
        load_settings(tmp_path)


def test_a_member_under_contract_is_in_one_stage_on_every_day():
    """Two spells by hand, billed monthly: signs on day 0, cancels on day 100, signs again on day 120."""
    from clv_lib.data.contract_stages import contract_rules, contract_stretches
    from clv_lib.data.tenures import tenures

    signed = pd.DataFrame(
        {
            "customer_id": ["01", "01", "02"],
            "started_at": pd.to_datetime([on(0), on(120), on(10)]),
            "ended_at": pd.to_datetime([on(100), None, None]),
            "billing_period": "month",
        }
    )
    with DuckDBEngine() as engine:
        frame = engine.lend(signed).with_columns(nw.col("started_at", "ended_at").cast(nw.Date))
        spells = tenures(frame, end=END)
        told = daily(contract_stretches(spells, rules=contract_rules(spells), end=END), DAYS - 1)
    assert [day for who, day in told if who == "01"] == list(range(DAYS)), "from the first day on, without a gap"
    assert told["01", 0] == "acquisition"
    assert told["01", 20] == "activation"
    assert {told["01", day] for day in range(101, 120)} == {"dormant"}
    assert told["01", 121] == "reactivated"
    assert told["02", 60] in {"retention", "loyalty"}


@pytest.mark.spark
def test_spark_puts_everybody_in_the_same_stages():
    """A regular, one who went silent and came back, one who only signed up, and one who brought somebody."""
    from clv_lib.data.opening import open_engine
    from clv_lib.settings import EngineSection

    people = {
        "01": ([(day, 20.0) for day in range(0, 140, 7)], None, []),
        "02": ([(0, 20.0), (9, 20.0), (90, 20.0), (95, 260.0)], None, []),
        "03": ([], 50, []),
        "04": ([(30, 0.0), (37, 20.0), (44, 20.0)], 20, [40]),
    }
    months = range(month_number_of(START), month_number_of(END) + 1)
    seen = []
    with DuckDBEngine() as duckdb, open_engine(EngineSection(kind="spark")) as spark:
        for engine in (duckdb, spark):
            found = kept(found_on(engine, people, RULES))
            ends = kept(month_ends(found, months))
            seen.append((daily(found, DAYS - 1), movement_cells(ends), buying_cells(ends), stays(found, end=END)))
    assert seen[0][0] == seen[1][0]
    for ours, theirs in zip(seen[0][1:], seen[1][1:], strict=True):
        pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)
