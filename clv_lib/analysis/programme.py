r"""How many customers to treat by each option: the whole-number programme that earns most within the limits.

With n customers of option i treated, p its mean profit per contact and c its spend, z whether play j is done at all and
F what that costs:

.. math::

    \max \sum_i n_i p_i - \sum_j z_j F_j \quad \text{with} \quad
    \sum_i n_i c_i + \sum_j z_j F_j \le B, \quad
    \sum_{i \in \text{channel}} n_i \le K, \quad
    \sum_{i \in g} n_i \le k N_g, \quad
    0 \le n_i \le N_i z_{j(i)}

and the mean of the worst twentieth of the losses (CVaR) at most R. That mean is the largest of the weighted means over
sets of draws, so the limit is as many linear ones as there are sets, of which those are added that an answer breaks:

.. math:: -\sum_d w_d \Big( \sum_i n_i p_{id} - \sum_j z_j F_j \Big) \le R, \qquad
    0 \le w_d \le \frac{1}{\alpha D}, \quad \sum_d w_d = 1
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy import optimize

from clv_lib.analysis.strategy import Options
from clv_lib.analysis.tail_risk import mean_of_the_worst, weights_of_the_worst
from clv_lib.names import CHANNEL, PLAY

GAP: Final = 1e-3  # an answer is at most this part below the best there is
NODES: Final = 2_000  # branches looked at; a count and not a time, so that every machine gives the same answer
CUTS: Final = 200  # lines of the limit on losses; a dozen is the rule
SLACK: Final = 1e-9  # rounding of sums, as a part of the limit
NEAR: Final = 1e-6  # the solver's own tolerance, in contacts
CONTINUOUS, PLAYS_WHOLE, ALL_WHOLE = (0, 0), (0, 1), (1, 1)  # which are whole numbers: customers, plays in use


@dataclass(frozen=True)
class Limits:
    """What may be spent, risked and asked of customers.

    Attributes
    ----------
    budget : float
        Money for contacts, offers and what plays cost at all; infinite: no limit.
    downside : float
        Most that the worst twentieth of outcomes may lose in the mean; infinite: no limit.
    contacts : dict of str to int
        Most contacts by channel.
    plays_per_customer : int
    most : float
        Customers treated in all.
    untried : frozenset of str
        Plays that nobody has measured, and that are only to be tried.
    test_contacts : float
        Most customers treated with any one of them.
    test_plays : float
        Most of them that are tried at a time.
    """

    budget: float = np.inf
    downside: float = np.inf
    contacts: Mapping[str, int] = field(default_factory=dict)
    plays_per_customer: int = 1
    most: float = np.inf
    untried: frozenset[str] = frozenset()
    test_contacts: float = np.inf
    test_plays: float = np.inf


def allocate(
    options: Options, limits: Limits, *, gap: float = GAP, known: list[np.ndarray] | None = None
) -> np.ndarray:
    """Customers to treat by each option, whole numbers, shape (option,).

    Parameters
    ----------
    options : Options
        Among which to choose; those that are not to be chosen have been left out.
    limits : Limits
    gap : float
        How far below the best answer is good enough, as a part of it.
    known : list of numpy.ndarray, optional
        Sets of draws (weights) that were the worst for earlier answers among the same options. Those found here are
        added, so that a series of programmes that differ in their limits finds each of them once.
    """
    nobody = np.zeros(len(options.table))
    if not len(nobody) or limits.budget <= 0 or limits.most < 1:
        return nobody
    programme = Programme(options, limits, [] if known is None else known)
    programme.settled(CONTINUOUS)  # quick, and finds nearly every line of the limit on losses
    best = programme.settled(PLAYS_WHOLE, gap=gap / 10)
    chosen = programme.rounded(best)
    if programme.earns(chosen) < (1 - gap) * programme.earns(best):
        chosen = programme.settled(ALL_WHOLE, gap=gap)
    return _within(options, limits, np.round(chosen[: len(nobody)]))


def profit_of(options: Options, chosen: np.ndarray) -> np.ndarray:
    """Expected profit of treating so many customers by each option, after what the plays cost at all; dims (draw,)."""
    return chosen @ options.draws - fixed_of(options, chosen)


def spend_of(options: Options, chosen: np.ndarray) -> float:
    """Money that treating so many customers is expected to take, in currency."""
    return float(chosen @ options.table["spend"].to_numpy(dtype=float)) + fixed_of(options, chosen)


def fixed_of(options: Options, chosen: np.ndarray) -> float:
    """What the plays in use cost at all, in currency."""
    return float(sum(options.fixed[name] for name in sorted(set(options.table.loc[chosen > 0, PLAY]))))


def risk_of(options: Options, chosen: np.ndarray) -> float:
    """Mean loss of the worst twentieth of outcomes, in currency."""
    return mean_of_the_worst(profit_of(options, chosen))


class Programme:
    """The limits as lines over two kinds of numbers: customers by option, then whether each play is in use.

    Money is counted in the profit of the best contact, because the solver's tolerances are absolute.
    """

    def __init__(self, options: Options, limits: Limits, known: list[np.ndarray]) -> None:
        table = options.table
        self.options, self.limits = options, limits
        self.plays = sorted(set(table[PLAY]))
        fixed = np.array([options.fixed[name] for name in self.plays])
        self.unit = float(np.abs(options.draws.mean(axis=1)).max()) or 1.0
        self.profit = np.concatenate([options.draws.mean(axis=1), -fixed]) / self.unit
        self.draws = np.vstack([options.draws, np.tile(-fixed[:, None], options.draws.shape[1])]) / self.unit
        self.spend = np.concatenate([table["spend"].to_numpy(dtype=float), fixed]) / self.unit
        self.most = _most(options, limits)
        self.lines, self.tops = _caps(options, limits, self.plays, self.most)
        if np.isfinite(limits.budget):
            self._add(self.spend, limits.budget / self.unit)
        self.known = known
        if np.isfinite(limits.downside):
            for weights in known:
                self._add(-self.draws @ weights, limits.downside / self.unit)

    def earns(self, answer: np.ndarray) -> float:
        """Mean profit, in contacts."""
        return float(answer @ self.profit)

    def settled(self, whole: tuple[int, int], *, gap: float = 0.0) -> np.ndarray:
        """The best answer that keeps the limit on losses: solve, forbid what loses too much, solve again."""
        answer = self._solved(whole, gap)
        for _ in range(CUTS):
            if not self._cut(answer):
                break
            answer = self._solved(whole, gap)
        return answer

    def rounded(self, answer: np.ndarray) -> np.ndarray:
        """Whole customers near the answer: the others dropped, and added again where there is room; best first."""
        found = np.floor(answer + NEAR)
        found[len(self.most) :] = np.round(answer[len(self.most) :])
        part = np.flatnonzero(answer - found > NEAR)
        for each in part[np.argsort(-self.profit[part], kind="stable")]:
            found[each] += 1
            if (self.lines @ found > self.tops + NEAR).any():
                found[each] -= 1
        return np.zeros_like(found) if self._cut(found) else found

    def _solved(self, whole: tuple[int, int], gap: float) -> np.ndarray:
        customers, plays = len(self.most), len(self.plays)
        found = optimize.milp(
            -self.profit,
            constraints=optimize.LinearConstraint(self.lines, -np.inf, self.tops),
            bounds=optimize.Bounds(np.zeros(customers + plays), np.concatenate([self.most, np.ones(plays)])),
            integrality=np.repeat(whole, [customers, plays]),
            options={"mip_rel_gap": gap, "node_limit": NODES},
        )
        return np.zeros(customers + plays) if found.x is None else found.x

    def _cut(self, answer: np.ndarray) -> bool:
        """Forbid the answer, and all others that lose too much in the same draws; False where it keeps the limit.

        The set of draws that is the worst for this answer is one line of the limit.
        """
        top = self.limits.downside / self.unit
        profit = answer @ self.draws
        weights = weights_of_the_worst(profit)
        if -weights @ profit <= top + NEAR:
            return False
        self._add(-self.draws @ weights, top)
        self.known.append(weights)
        return True

    def _add(self, line: np.ndarray, top: float) -> None:
        self.lines, self.tops = np.vstack([self.lines, line]), np.append(self.tops, top)


def _most(options: Options, limits: Limits) -> np.ndarray:
    """The most customers that each option could get by itself; close bounds make the programme quick."""
    table = options.table
    most = table["customers"].to_numpy(dtype=float)
    caps = table[CHANNEL].map(lambda name: limits.contacts.get(name, np.inf)).to_numpy(dtype=float)
    spend = table["spend"].to_numpy(dtype=float)
    left = limits.budget - table[PLAY].map(options.fixed).to_numpy(dtype=float)
    paid = np.full(len(table), np.inf)
    np.divide(left * (1 + SLACK), spend, out=paid, where=spend > 0)
    paid[left < 0] = 0.0
    tests = np.where(table[PLAY].isin(limits.untried).to_numpy(dtype=bool), limits.test_contacts, np.inf)
    return np.maximum(np.floor(np.minimum.reduce([most, caps, paid, tests, np.full(len(table), limits.most)])), 0.0)


def _caps(options: Options, limits: Limits, plays: list[str], most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Contacts by channel, plays by customer, customers in all, and nobody in a play that is not done."""
    table = options.table
    rows: list[np.ndarray] = []
    tops: list[float] = []
    for name, cap in limits.contacts.items():
        rows.append((table[CHANNEL] == name).to_numpy(dtype=float))
        tops.append(float(cap))
    for group in sorted(set(table["group"])):
        rows.append((table["group"] == group).to_numpy(dtype=float))
        tops.append(float(limits.plays_per_customer * options.groups["most"].iloc[group]))
    if np.isfinite(limits.most):
        rows.append(np.ones(len(table)))
        tops.append(limits.most)
    tried = [name for name in plays if name in limits.untried]
    within = np.hstack([np.array(rows), np.zeros((len(rows), len(plays)))])
    if tried and np.isfinite(limits.test_contacts):  # as a line over both kinds of numbers, which bounds them closely
        in_use = np.array([[each == name for each in plays] for name in tried]) * -limits.test_contacts
        mine = np.array([(table[PLAY] == name).to_numpy(dtype=float) for name in tried])
        within, tops = np.vstack([within, np.hstack([mine, in_use])]), [*tops, *[0.0] * len(tried)]
    if tried and np.isfinite(limits.test_plays):
        at_once = np.concatenate([np.zeros(len(table)), [float(name in limits.untried) for name in plays]])
        within, tops = np.vstack([within, at_once]), [*tops, limits.test_plays]
    place = table[PLAY].map({name: number for number, name in enumerate(plays)}).to_numpy(dtype=int)
    done = np.hstack([np.eye(len(table)), -most[:, None] * np.eye(len(plays))[place]])
    return np.vstack([within, done]), np.concatenate([tops, np.zeros(len(table))])


def _within(options: Options, limits: Limits, chosen: np.ndarray) -> np.ndarray:
    """Take back single contacts while the solver's rounding passes a limit."""
    chosen = chosen.copy()
    spend = np.maximum(options.table["spend"].to_numpy(dtype=float), SLACK)
    worth = options.draws.mean(axis=1) / spend
    unit = float(np.abs(options.draws.mean(axis=1)).max())
    while chosen.any() and (
        spend_of(options, chosen) > limits.budget * (1 + SLACK)
        or risk_of(options, chosen) > limits.downside + 2 * NEAR * unit
    ):
        used = np.flatnonzero(chosen > 0)
        chosen[used[np.argmin(worth[used])]] -= 1
    return chosen
