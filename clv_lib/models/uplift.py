r"""What plays do, learned from campaigns with a control group: a play has an effect, and groups of customers differ.

1. Of a campaign's members in an evidence group, the purchase days of a customer in the days after assignment are
   negative binomial, with a mean of the campaign and group's own and a shape of the group's own.
2. The treated have the same shape and :math:`e^{\theta}` times the mean: their rates are those of the control group,
   all multiplied alike. With s the play's own ``effect_sd``, :math:`\theta = \mu_{\text{play}} + \rho s
   z_{\text{play},\text{group}}`: how far groups differ, :math:`\rho`, is learned from all plays together; its
   LogNormal prior keeps away from a funnel's neck.
3. :math:`\mu_{\text{play}} \sim \mathrm{Normal}(\log(1 + \text{effect}) - v / 2, s)` for a play that moves the
   purchase rate, so that the mean of the effect is that of the settings (:math:`v = s^2 (1 + E \rho^2)`).
4. The mean log value of a buyer's purchase days is normal around a level of campaign and group, shifted by
   :math:`\phi_{\text{play},\text{group}}`, which has the play's own prior where it moves the basket.
5. A play that is to keep customers is measured by who left: :math:`p_{\text{treated}} = p_{\text{control}} e^{-\eta}`,
   with :math:`\eta` built as :math:`\theta`, and :math:`1 - e^{-\eta}` the part of the leaving that it keeps.

A play without such campaigns keeps its prior. Customers enter as counts, which is the same likelihood.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.special import ndtri

from clv_lib.data.experiments import Experiments
from clv_lib.models.posterior import Posterior
from clv_lib.names import EVIDENCE_GROUPS
from clv_lib.settings import ModelSection, Play

BETWEEN: Final = (np.log(0.4), 0.5)  # of the log ratio: groups differ by a fifth to all of what plays are unsure by
_NUMBER: Final[dict[str, int]] = {group: number for number, group in enumerate(EVIDENCE_GROUPS)}
_RATIO_SQUARED: Final = float(np.exp(2 * BETWEEN[0] + 2 * BETWEEN[1] ** 2))  # its mean
SIDE_SD: Final = 0.1  # of what a play does besides what it is for
Source = Literal["measured", "prior"]


@dataclass(frozen=True)
class Uplift:
    """What is believed of every play, as draws.

    Attributes
    ----------
    plays : mapping of str to Play
    changes : mapping of str to numpy.ndarray of dims (group, draw)
        Log change of what each play moves: purchase rate, basket, or staying (minus the log change of leaving).
    side : mapping of str to numpy.ndarray of dims (draw,)
        Log change of the basket under a play that moves the rate, and the other way round; measured plays only.
    members : mapping of str to mapping of str to int
        Members of campaigns with a control group behind each play, by evidence group.
    posterior : Posterior or None
        None where no campaign had a control group.
    """

    plays: Mapping[str, Play]
    changes: Mapping[str, np.ndarray]
    side: Mapping[str, np.ndarray]
    members: Mapping[str, Mapping[str, int]]
    posterior: Posterior | None = None

    def effect(self, play: str, group: str) -> np.ndarray:
        """Relative change of the purchase rate or basket, or part of the leaving that is kept, dims (draw,)."""
        change = self.changes[play][_NUMBER[group]]
        return -np.expm1(-change) if self.plays[play].moves == "stay" else np.expm1(change)

    def of_all(self, play: str) -> np.ndarray:
        """The effect over all groups, weighted by the members it was measured on, evenly without any; dims (draw,)."""
        members = self.members.get(play) or dict.fromkeys(EVIDENCE_GROUPS, 1)
        weights = np.array([members.get(group, 0) for group in EVIDENCE_GROUPS], dtype=float)
        effects = np.array([self.effect(play, group) for group in EVIDENCE_GROUPS])
        return np.asarray(weights @ effects / weights.sum())

    def source(self, play: str) -> Source:
        """Whether a campaign with a control group stands behind it."""
        return "measured" if self.members.get(play) else "prior"

    @property
    def draws(self) -> int:
        """How many there are of each play."""
        return next((each.shape[1] for each in self.changes.values()), 0)


def prior_middle(play: Play) -> float:
    """Mean of the log change, such that the mean of the relative change is what the settings say."""
    half = play.effect_sd**2 * (1 + _RATIO_SQUARED) / 2  # what the spread adds to the mean of an exponential
    return float(half - np.log1p(-play.effect) if play.moves == "stay" else np.log1p(play.effect) - half)


def prior_uplift(plays: Mapping[str, Play], *, size: int, seed: int) -> Uplift:
    """What is believed where no campaign had a control group."""
    rng = np.random.default_rng(seed)
    ratio = rng.lognormal(*BETWEEN, size)
    return Uplift(plays, {name: prior_change(play, ratio, rng=rng) for name, play in plays.items()}, {}, {})


def prior_change(play: Play, ratio: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Log change that a play is believed to make, drawn from its prior, dims (group, draw)."""
    own = np.array([_even_normals(len(ratio), rng) for _ in EVIDENCE_GROUPS])
    return np.asarray(prior_middle(play) + play.effect_sd * (_even_normals(len(ratio), rng) + ratio * own))


def _even_normals(size: int, rng: np.random.Generator) -> np.ndarray:
    """Standard normal draws, one from each of as many equally likely pieces: hundreds are enough for a mean."""
    return np.asarray(ndtri((rng.permutation(size) + rng.random(size)) / size))


def fit_uplift(
    evidence: Experiments,
    plays: Mapping[str, Play],
    *,
    size: int,
    seed: int,
    settings: ModelSection | None = None,
    cores: int | None = None,
) -> Uplift:
    """Posterior of every play's effect.

    Parameters
    ----------
    evidence : Experiments
    plays : mapping of str to Play
        Whose priors count; evidence of a play that is not among them is left out.
    size : int
        Draws to keep.
    seed : int
    settings : ModelSection, optional
        Draws, tune and chains.
    cores : int, optional

    Returns
    -------
    Uplift
        Plays without evidence keep their prior, but how far groups differ is learned from those that have some.
    """
    from clv_lib.models.uplift_fit import sampled  # the sampler is loaded where there is something to sample

    counts = evidence.counts[evidence.counts["play"].isin(list(plays))]
    if not len(counts):
        return prior_uplift(plays, size=size, seed=seed)
    spend = evidence.spend[evidence.spend["play"].isin(list(plays))]
    measured = [name for name in plays if (counts["play"] == name).any()]
    tree = sampled(
        counts,
        spend,
        {name: plays[name] for name in measured},
        seed=seed,
        settings=settings or ModelSection(),
        cores=cores,
    )
    posterior = Posterior("uplift", tree, customers=int(counts["n"].sum()))
    rng = np.random.default_rng(seed)
    data = tree["posterior"].to_dataset().stack(sample=("chain", "draw")).transpose("sample", ...)
    total = data.sizes["sample"]
    taken = np.sort(rng.choice(total, size=size, replace=total < size))
    change, side = (data[name].to_numpy()[taken] for name in ("change", "side"))
    ratio = data["ratio"].to_numpy()[taken]
    changes = {
        name: change[:, measured.index(name)].T if name in measured else prior_change(play, ratio, rng=rng)
        for name, play in plays.items()
    }
    behind = counts.groupby(["play", "group"])["n"].sum()
    return Uplift(
        plays,
        changes,
        {name: side[:, number] for number, name in enumerate(measured)},
        {name: {str(group): int(n) for group, n in behind[name].items()} for name in measured},
        posterior,
    )
