"""The uplift model without a sampler: against the prior's own draws, weighed by what the campaigns say."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.data.experiments import COUNT_COLUMNS, SPEND_COLUMNS, Experiments
from clv_lib.models.quick_uplift import quick_uplift
from clv_lib.models.uplift import prior_uplift
from clv_lib.settings import Play

PLAYS = {
    "mail": Play(title="mail", moves="rate", effect=0.1, effect_sd=0.2),
    "call": Play(title="call", moves="stay", effect=0.1, effect_sd=0.2),
    "new": Play(title="new", moves="rate", effect=0.1, effect_sd=0.2),
}
COUNTS = pd.DataFrame(
    [
        ("a", "mail", "regular", 1, 0, 360),
        ("a", "mail", "regular", 1, 1, 240),
        ("a", "mail", "regular", 0, 0, 400),
        ("a", "mail", "regular", 0, 1, 200),
        ("b", "call", "quiet", 1, 0, 160),
        ("b", "call", "quiet", 1, 1, 240),
        ("b", "call", "quiet", 0, 0, 200),
        ("b", "call", "quiet", 0, 1, 200),
    ],
    columns=list(COUNT_COLUMNS),
)
EVIDENCE = Experiments(pd.DataFrame(), COUNTS, pd.DataFrame(columns=list(SPEND_COLUMNS)))


def test_the_posterior_is_the_prior_weighed_by_what_the_campaigns_say():
    """200,000 draws of the prior, each weighed by the normal probability of both log ratios, computed by hand.

    At least 5,000 of them count (asserted), so their means are known to a seventieth of the posterior's width; 4,000
    draws of ours to a sixtieth: together 0.022 widths, and four of these are allowed.
    """
    prior = prior_uplift(PLAYS, size=200_000, seed=1)
    found = quick_uplift(EVIDENCE, PLAYS, size=4_000, seed=2)
    mail = (np.log((240.5 / 600) / (200.5 / 600)), relative(240.5 / 600) + relative(200.5 / 600))
    call = (np.log((200.5 / 401) / (160.5 / 401)), left(160.5 / 401) + left(200.5 / 401))
    theta, eta = prior.changes["mail"][1], prior.changes["call"][2]
    weight = np.exp(-((mail[0] - theta) ** 2) / 2 / mail[1] - (call[0] - eta) ** 2 / 2 / call[1])
    assert weight.sum() ** 2 / (weight**2).sum() > 5_000
    for name in PLAYS:
        for group in range(3):
            theirs, ours = prior.changes[name][group], found.changes[name][group]
            mean = np.average(theirs, weights=weight)
            width = np.sqrt(np.average((theirs - mean) ** 2, weights=weight))
            assert ours.mean() == pytest.approx(mean, abs=4 * 0.022 * width), (name, group)
            assert ours.std() == pytest.approx(width, rel=0.1), (name, group)
    assert [found.source(name) for name in PLAYS] == ["measured", "measured", "prior"]


def relative(mean: float, n: float = 600) -> float:
    """Variance of a log mean of so many customers: of zeros and ones, but never less than chance would make it."""
    return mean / mean**2 / n


def left(share: float, n: float = 400) -> float:
    """Variance of a log share of those who left."""
    return (1 - share) / share / n


def test_without_campaigns_the_prior_stands():
    nothing = Experiments(pd.DataFrame(), COUNTS.head(0), pd.DataFrame(columns=list(SPEND_COLUMNS)))
    ours, prior = quick_uplift(nothing, PLAYS, size=50, seed=3), prior_uplift(PLAYS, size=50, seed=3)
    assert all(np.array_equal(ours.changes[name], prior.changes[name]) for name in PLAYS)
