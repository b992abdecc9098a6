"""The last round: profit of a contact, verdicts, and the regret of having guessed, against paths of their own."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.regret import AGAIN, KEEP, STOP, best_known, last_round, verdict
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.strategy import Options
from clv_lib.analysis.trials import value_of_knowing, worth_trying
from clv_lib.data.experiments import COUNT_COLUMNS, SPEND_COLUMNS, Experiments, no_experiments
from clv_lib.settings import Play, StrategySection

DRAWS = 200
SECTION = StrategySection(fatigue=0.0, borrowed=0.0)


@dataclass
class Known:
    """What is believed, by play: a relative change with a standard deviation, the same in every group."""

    effects: dict[str, tuple[float, float]]

    def effect(self, play: str, group: str) -> np.ndarray:
        mean, sd = self.effects[play]
        return mean + sd * np.linspace(-2, 2, DRAWS)

    def source(self, play: str) -> str:
        return "measured"


def base(value: float = 0.0) -> SegmentBase:
    """Two groups of customers, of whom the margin is 0.5 and nothing else that counts here."""
    groups = pd.DataFrame(
        {
            "segment": ["loyal_core", "overdue"],
            "band": [1, 1],
            "evidence": ["regular", "quiet"],
            "customers": [100, 100],
            "reachable": [100, 100],
            "stages": [("retention",), ("at_risk",)],
        }
    )
    flat = np.ones((2, DRAWS))
    return SegmentBase(groups, value * flat, 0.01 * flat, 50 * flat, np.full(DRAWS, 0.5), 0.1 * flat, 100 * flat, 56)


def evidence(rows: list[tuple[str, str, str, int, int, int]]) -> Experiments:
    """Campaigns: id, play, group, arm, purchase days of each, how many."""
    counts = pd.DataFrame(rows, columns=list(COUNT_COLUMNS))
    campaigns = (
        counts[["campaign_id", "play"]]
        .drop_duplicates()
        .assign(starts_at=lambda table: pd.to_datetime(table["campaign_id"].str[-10:]))
    )
    return Experiments(campaigns, counts, pd.DataFrame(columns=list(SPEND_COLUMNS)))


ROUND = [
    ("a-2024-01-01", "works", "regular", 1, 0, 500),
    ("a-2024-02-01", "works", "regular", 1, 1, 300),
    ("a-2024-02-01", "works", "regular", 0, 1, 4_000),
    ("a-2024-02-01", "works", "regular", 0, 2, 4_000),
    ("b-2024-02-01", "harms", "regular", 1, 1, 200),
    ("b-2024-02-01", "harms", "regular", 0, 1, 4_000),
    ("b-2024-02-01", "harms", "regular", 0, 2, 4_000),
]
PLAYS = {
    "works": Play(title="works", moves="rate", cost_per_contact=2.0, effect_days=28),
    "harms": Play(title="harms", moves="rate", cost_per_contact=2.0, effect_days=28),
}


def test_what_a_contact_earned_is_the_control_group_times_effect_and_margin_less_the_cost():
    """By hand: 1.5 purchase days of 50 each, half of it margin, 20 % more of it, less 2; no old campaign counts.

    The control group's mean is known to sqrt(1.5 / 8,000) or 1 % of 7.5 in one draw, and to a tenth of that in the mean
    of 200.
    """
    found = last_round(evidence(ROUND), PLAYS, Known({"works": (0.2, 0.02), "harms": (-0.2, 0.02)}), base(), SECTION)
    assert found is not None
    table = found.plays.set_index("play")
    assert table.loc["works", "mean"] == pytest.approx(1.5 * 50 * 0.5 * 0.2 - 2, rel=0.01)
    assert table.loc["harms", "mean"] == pytest.approx(-1.5 * 50 * 0.5 * 0.2 - 2, rel=0.01)
    assert table["treated"].to_dict() == {"works": 300, "harms": 200}
    assert table.loc["works", "did_control"] == pytest.approx(1.5)
    assert table["verdict"].to_dict() == {"works": KEEP, "harms": STOP}
    assert found.earned.mean == pytest.approx(300 * table.loc["works", "mean"] + 200 * table.loc["harms", "mean"])


def test_the_regret_is_what_the_best_plan_for_the_same_customers_would_have_earned_more():
    found = last_round(evidence(ROUND), PLAYS, Known({"works": (0.2, 0.02), "harms": (-0.2, 0.02)}), base(), SECTION)
    assert found is not None
    each = found.plays.set_index("play")["mean"]
    assert found.best.mean == pytest.approx(500 * each["works"], rel=1e-9)
    assert found.regret.mean == pytest.approx(200 * (each["works"] - each["harms"]), rel=1e-9)
    assert found.moves.set_index("play")["best"].to_dict() == {"works": 500, "harms": 0}


def test_where_the_best_was_done_there_is_nothing_to_regret():
    rows = [row for row in ROUND if row[1] == "works"]
    found = last_round(evidence(rows), PLAYS, Known({"works": (0.2, 0.02)}), base(), SECTION)
    assert found is not None
    assert (found.regret.low, found.regret.mean, found.regret.high) == (0.0, 0.0, 0.0)


def test_a_contact_that_drives_customers_away_costs_what_they_were_worth():
    section = StrategySection(fatigue=0.01, borrowed=0.0)
    known = Known({"works": (0.2, 0.02), "harms": (-0.2, 0.02)})
    without, with_ = (last_round(evidence(ROUND), PLAYS, known, base(value), section) for value in (0.0, 300.0))
    assert without is not None
    assert with_ is not None
    assert np.allclose(without.plays["mean"] - with_.plays["mean"], 3.0)


def test_without_a_control_group_there_is_nothing_to_judge():
    assert last_round(no_experiments(), PLAYS, Known({}), base(), SECTION) is None


def test_the_verdict_is_sure_on_either_side_or_it_is_measured_again():
    assert [verdict(chance, 0.2) for chance in (0.0, 0.2, 0.21, 0.79, 0.8, 1.0)] == [
        KEEP, KEEP, AGAIN, AGAIN, STOP, STOP,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_the_best_plan_is_that_of_trying_everything(seed):
    """All whole-number plans of two groups and two plays with at most seven customers, the money of what was done."""
    rng = np.random.default_rng(seed)
    options = small(rng)
    done = np.array([rng.integers(0, 4), 0, 0, rng.integers(1, 4)], dtype=float)
    found = best_known(options, done, StrategySection())
    spend, mean = options.table["spend"].to_numpy(), options.draws.mean(axis=1)
    money, room = spend @ done, options.table.groupby("group")["customers"].first()
    best = max(
        float(np.array(plan) @ mean)
        for plan in product(range(8), repeat=4)
        if spend @ plan <= money and plan[0] + plan[1] <= room[0] and plan[2] + plan[3] <= room[1]
    )
    assert found @ mean == pytest.approx(best, rel=2e-3)
    assert found @ spend <= money * (1 + 1e-9)


def small(rng: np.random.Generator) -> Options:
    """Two plays in two groups of up to seven customers, with profits of either sign."""
    table = pd.DataFrame(
        {
            "segment": ["a", "a", "b", "b"],
            "band": 1,
            "evidence": ["regular", "regular", "quiet", "quiet"],
            "play": ["one", "two", "one", "two"],
            "channel": "email",
            "group": [0, 0, 1, 1],
            "customers": [5, 5, 7, 7],
            "spend": rng.integers(1, 4, 4).astype(float),
        }
    )
    draws = rng.normal(rng.normal(1.0, 2.0, 4)[:, None], 1.0, (4, 60))
    table["mean"] = draws.mean(axis=1)
    table["loss_chance"] = (draws < 0).mean(axis=1)
    table["source"] = "prior"
    groups = pd.DataFrame({"segment": ["a", "b"], "band": 1, "evidence": ["regular", "quiet"], "most": [5, 7]})
    return Options(table, draws, draws, groups, {"one": 0.0, "two": 0.0})


def test_the_value_of_knowing_a_normal_profit_is_the_closed_form():
    """E max(X, b) of a normal is m + (b - m) Phi(z) + s phi(z); 400,000 draws know it to 0.002 of s (one error)."""
    from scipy import stats

    mean, sd, best = -1.0, 3.0, 0.5
    z = (best - mean) / sd
    known = mean + (best - mean) * stats.norm.cdf(z) + sd * stats.norm.pdf(z) - max(mean, best)
    draws = np.random.default_rng(2).normal(mean, sd, 400_000)
    assert value_of_knowing(draws, best) == pytest.approx(known, abs=4 * 0.002 * sd)
    assert value_of_knowing(np.full(10, 7.0), best) == 0.0
    assert value_of_knowing(np.full(10, -7.0), best) == 0.0


def test_what_is_worth_trying_is_worth_more_than_it_costs_and_the_best_comes_first():
    table = worth_trying(small(np.random.default_rng(1)), size=2).table
    assert len(table)
    assert (table["knowing"] > table["cost"]).all()
    assert (table["knowing"] - table["cost"]).is_monotonic_decreasing
