"""The model of plays: its likelihood customer by customer, its answer where the answer is known, its coverage."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clv_lib.analysis.play_library import library
from clv_lib.analysis.uplift import believed, measured
from clv_lib.data.experiments import Experiments, no_experiments
from clv_lib.models.posterior import diagnose
from clv_lib.models.uplift import fit_uplift, prior_uplift
from clv_lib.models.uplift_fit import model_data, uplift_model
from clv_lib.names import EVIDENCE_GROUPS
from clv_lib.settings import ModelSection, Play

PLAYS = {
    "nudge": Play(moves="rate", effect=0.05, effect_sd=0.3),
    "call": Play(moves="stay", effect=0.05, effect_sd=0.3),
    "bundle": Play(moves="basket", effect=0.05, effect_sd=0.3),
    "letter": Play(moves="rate", effect=0.05, effect_sd=0.1),
}


def histogram(rows: list[tuple], n: list[int]) -> pd.DataFrame:
    columns = ["campaign_id", "play", "group", "treated", "orders"]
    return pd.DataFrame(rows, columns=columns).assign(n=n)


def evidence(counts: pd.DataFrame, spend: pd.DataFrame) -> Experiments:
    return Experiments(no_experiments().campaigns, counts, spend)


def spend_of(values: dict[tuple, np.ndarray]) -> pd.DataFrame:
    """Sums of mean log values, as the engine hands them over."""
    rows = [(*key, len(each), each.sum(), (each**2).sum()) for key, each in values.items()]
    return pd.DataFrame(rows, columns=["campaign_id", "play", "group", "treated", "n", "total", "squares"])


def test_the_likelihood_is_that_of_the_customers_one_by_one():
    """Counts against scipy's own distributions, a customer at a time; only what no parameter moves may differ."""
    rng = np.random.default_rng(1)
    rows = [("A", "nudge", g, t, k) for g in ("new", "quiet") for t in (0, 1) for k in range(4)]
    rows += [("B", "call", "regular", t, k) for t in (0, 1) for k in (0, 1, 3)]
    counts = histogram(rows, rng.integers(1, 6, len(rows)).tolist())
    values = {("A", "nudge", "new", t): rng.normal(3.0, 0.5, 5) for t in (0, 1)}
    plays = {name: PLAYS[name] for name in ("nudge", "call")}
    data, levels, spend_levels = model_data(counts, spend_of(values), plays)
    model = uplift_model(2, levels, spend_levels)
    with model:
        import pymc as pm

        pm.set_data(data)
    names = ["level", "spend_level", "change", "side", "shape", "width"]
    density = model.compile_fn(model["log_likelihood"], inputs=[model[name] for name in names], mode="FAST_COMPILE",
                               point_fn=False, on_unused_input="ignore")  # fmt: skip

    def by_hand(level, spend_level, change, side, shape, width):
        total = 0.0
        order = {("A", "new"): 0, ("A", "quiet"): 1, ("B", "regular"): 2}
        for campaign, play, group, treated, k, n in counts.to_numpy().tolist():
            number, g = list(plays).index(play), list(EVIDENCE_GROUPS).index(group)
            at = level[order[campaign, group]]
            for _ in range(n):
                if play == "nudge":
                    mean = np.exp(data["typical"] + at + treated * change[number, g])
                    total += stats.nbinom.logpmf(k, shape[number, g], shape[number, g] / (shape[number, g] + mean))
                else:
                    leaves = 1 / (1 + np.exp(-(data["typical_odds"] + at))) * np.exp(-treated * change[number, g])
                    total += np.log(leaves if k == 0 else 1 - leaves)
        for (_, play, _, treated), each in values.items():
            mean = data["typical_spend"] + spend_level[0] + treated * side[list(plays).index(play)]
            total += stats.norm.logpdf(each, mean, width).sum()
        return total

    found = []
    for _ in range(5):
        theta = [
            rng.normal(0, 0.5, levels), rng.normal(0, 0.5, spend_levels), rng.normal(0.3, 0.2, (2, 3)),
            rng.normal(0, 0.1, 2), rng.uniform(0.3, 2.0, (2, 3)), rng.uniform(0.3, 1.0),
        ]  # fmt: skip
        found.append((float(density(*theta)), by_hand(*theta)))
    model_side, hand = np.array(found).T
    constant = model_side - hand
    # leaving stays clear of 1 here, so the bend moves log p by less than log(1 + exp(-20 * 0.5)) / 20 = 2e-6 each
    assert np.ptp(constant) < 1e-3
    assert np.ptp(hand) > 1.0, "the parameters matter"


@pytest.fixture(scope="module")
def known():
    """So many customers that the prior hardly counts; the answer is the ratio of means."""
    rng = np.random.default_rng(2)
    rows, n = [], []
    truth = {"nudge": 1.4, "call": 0.8, "bundle": 1.0}
    for campaign, play in (("A", "nudge"), ("B", "call"), ("C", "bundle")):
        for treated in (0, 1):
            change = truth[play] if treated else 1.0
            if play == "call":
                left = rng.binomial(40_000, 0.3 * change)
                pairs = [(0, left), (1, 40_000 - left)]
            else:
                k = rng.poisson(rng.gamma(0.8, 0.5 * change / 0.8, 40_000))
                pairs = list(zip(*np.unique(k, return_counts=True), strict=True))
            rows += [(campaign, play, "regular", treated, int(k)) for k, _ in pairs]
            n += [int(many) for _, many in pairs]
    values = {("C", "bundle", "regular", t): rng.normal(3.0 + 0.1 * t, 0.6, 20_000) for t in (0, 1)}
    counts = histogram(rows, n)
    found = fit_uplift(evidence(counts, spend_of(values)), PLAYS, size=2_000, seed=3, settings=ModelSection(chains=2))
    return found, counts, values


def ratio(counts: pd.DataFrame, play: str, count) -> tuple[float, float]:
    """Treated over control of a mean, and its standard error on the log scale (delta method)."""
    log, variance = [], 0.0
    for treated in (1, 0):
        part = counts[(counts["play"] == play) & (counts["treated"] == treated)]
        x, n = count(part["orders"].to_numpy()), part["n"].to_numpy()
        mean = (x * n).sum() / n.sum()
        log.append(np.log(mean))
        variance += (((x - mean) ** 2 * n).sum() / n.sum()) / n.sum() / mean**2
    return float(np.exp(log[0] - log[1])), float(np.sqrt(variance))


@pytest.mark.parametrize("play", ["nudge", "call"])
def test_with_many_customers_the_effect_is_the_ratio_of_the_arms(known, play):
    """Mean and spread: the prior has a thousandth of the weight, and 2,000 draws add 1/45 of the error."""
    found, counts, _ = known
    stays = play == "call"
    share, error = ratio(counts, play, (lambda k: k == 0) if stays else (lambda k: k))
    change = np.log(1 - found.effect(play, "regular")) if stays else np.log1p(found.effect(play, "regular"))
    assert abs(change.mean() - np.log(share)) < 0.3 * error
    assert change.std() == pytest.approx(error, rel=0.1)


def test_the_basket_is_measured_by_what_buyers_spend_at_a_time(known):
    found, _, values = known
    treated, control = values["C", "bundle", "regular", 1], values["C", "bundle", "regular", 0]
    error = np.sqrt(treated.var() / len(treated) + control.var() / len(control))
    change = np.log1p(found.effect("bundle", "regular"))
    assert abs(change.mean() - (treated.mean() - control.mean())) < 0.3 * error
    assert change.std() == pytest.approx(error, rel=0.1)
    rate, rate_error = ratio(known[1], "bundle", lambda k: k)
    assert abs(found.side["bundle"].mean() - np.log(rate)) < rate_error, "how often is told besides"


def test_sources_members_and_the_sampler_are_accounted_for(known):
    found, counts, _ = known
    assert {name: found.source(name) for name in PLAYS} == {
        "nudge": "measured", "call": "measured", "bundle": "measured", "letter": "prior",
    }  # fmt: skip
    assert found.members["nudge"] == {"regular": 80_000}
    assert found.posterior is not None
    assert diagnose(found.posterior).trusted
    assert all(found.effect(name, "quiet").shape == (2_000,) for name in PLAYS)
    table = measured(found, evidence(counts, pd.DataFrame())).set_index("play")
    assert table.loc["call", "did_control"] == pytest.approx(0.3, abs=0.01), "the share that left"
    assert table.loc["nudge", "did_control"] == pytest.approx(0.5, abs=0.02), "purchase days per member"
    beliefs = believed(found, seed=1).set_index("play")
    assert beliefs.loc["letter", "mean"] == beliefs.loc["letter", "before"]
    assert beliefs.loc["nudge", "positive"] == 1.0
    assert beliefs.loc["nudge", "high"] - beliefs.loc["nudge", "low"] < 0.1


def test_groups_that_nobody_measured_lean_on_those_that_were(known):
    found, *_ = known
    seen, unseen = found.effect("nudge", "regular"), found.effect("nudge", "new")
    assert unseen.std() > 3 * seen.std()
    assert abs(np.median(unseen) - 0.4) < abs(np.median(unseen) - 0.05), "nearer to what was seen than to the belief"


def test_without_evidence_the_belief_of_the_settings_stands():
    plays = library()
    found = fit_uplift(no_experiments(), plays, size=4_000, seed=1)
    assert found.posterior is None
    for name, play in plays.items():
        # even draws of the common part; the groups' own leave sd * ratio / sqrt(4000), and 4 of those are allowed
        error = 4 * play.effect_sd * 0.5 * (1 + play.effect) / np.sqrt(4_000) + 0.01 * play.effect
        assert found.effect(name, "regular").mean() == pytest.approx(play.effect, abs=error), name
        assert found.source(name) == "prior"
    again = prior_uplift(plays, size=4_000, seed=1)
    assert all(np.array_equal(found.changes[name], again.changes[name]) for name in plays)
    assert (found.effect("renewal", "new") < 1).all(), "nobody keeps more than all of the leaving"


def test_a_play_that_is_not_offered_teaches_nothing():
    counts = histogram([("A", "raffle", "new", t, k) for t in (0, 1) for k in (0, 1)], [5, 5, 5, 5])
    found = fit_uplift(evidence(counts, no_experiments().spend), PLAYS, size=100, seed=1)
    assert found.posterior is None
