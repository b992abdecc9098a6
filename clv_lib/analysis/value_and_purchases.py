"""Whether customers who see more value buy more afterwards. An association: nobody was given value by lot.

Only respondents whose weeks after the survey lie wholly inside the observation count, and only those who had bought
before they were asked. Customers who buy often may both see more value and buy again, so the odds are also given among
customers with the same number of purchases in the weeks before.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.group_means import mean_of_sample
from clv_lib.analysis.intervals import INTERVAL, Estimate, credible_interval, estimate
from clv_lib.analysis.logistic import logistic_draws
from clv_lib.analysis.value_answers import POINT_UNITS, VALUE, Frame, answers, respondents
from clv_lib.analysis.weighted import weighted_mean
from clv_lib.data.customers import collected, purchase_days
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.errors import CannotEstimateError
from clv_lib.names import ASKED_AT, CUSTOMER_ID, PURCHASE_DAY, N
from clv_lib.periods import DAYS_PER_WEEK, ObservationWindow, day_number

WEEKS: Final = 26
LEAST: Final = 30  # respondents; fewer cannot be cut into thirds that mean anything
MOST_BEFORE: Final = 6  # purchases before the survey that are told apart; more count as this many
STEP: Final = 500  # ten-thousandths of a point: perceived values this close share a cell
THIRDS: Final = ("low", "middle", "high")
_SHIFT: Final = 1_000_000


@dataclass(frozen=True)
class NextPurchases:
    """What respondents bought in the weeks after the survey, by the value they saw.

    Attributes
    ----------
    weeks : int
    respondents : int
        Respondents whose weeks after the survey were fully observed and who had bought before it.
    too_recent : int
        Respondents whose weeks after the survey are not over.
    thirds : DataFrame
        third (low, middle, high), n, value_low, value_high (points), bought (customers), share, low, high (credible
        interval under a flat prior), spend_before, spend_after (means in currency over as many weeks, of those who
        were customers all that time), spend_n. Equal values are never divided, so the thirds differ in size.
    high_less_low : Estimate
        Share who bought again in the highest third less that in the lowest.
    p_higher : float
        Probability that it is above 0.
    odds : Estimate
        Factor on the odds of buying again that goes with one more point of perceived value.
    odds_alike : Estimate
        The same among customers with as many purchases in the weeks before.
    spend_change : Estimate or None
        Spend after less spend before per customer, in currency; ``None`` with fewer than three such customers.
    """

    weeks: int
    respondents: int
    too_recent: int
    thirds: pd.DataFrame
    high_less_low: Estimate
    p_higher: float
    odds: Estimate
    odds_alike: Estimate
    spend_change: Estimate | None


def next_purchases(
    survey: Frame,
    transactions: Frame,
    *,
    window: ObservationWindow,
    seed: int,
    weeks: int = WEEKS,
    draws: int = 4_000,
    mass: float = INTERVAL,
) -> NextPurchases:
    """Set perceived value beside what the same customers did next.

    Parameters
    ----------
    survey, transactions : narwhals.LazyFrame
        Accepted tables of one engine.
    window : ObservationWindow
    seed : int
    weeks : int
        How long the respondents are watched after the survey, and looked back on before it.
    draws : int
    mass : float

    Raises
    ------
    CannotEstimateError
        Fewer than 30 respondents were watched long enough, or all of them see the same value.
    """
    last_asked = window.end - timedelta(days=weeks * DAYS_PER_WEEK)
    cells = behaviour_cells(survey, transactions, window=window, last_asked=last_asked, weeks=weeks)
    n = int(cells[N].sum())
    third = thirds_of(cells) if n else np.array([])
    if n < LEAST or len(np.unique(third)) < 2:
        raise CannotEstimateError(
            "What customers did in the {weeks} weeks after the survey needs at least {least} respondents with "
            "different answers who were watched that long, but there are {n}. Ask more "
            "customers, or wait until those weeks are over.",
            weeks=weeks,
            least=LEAST,
            n=n,
        )
    late = respondents(answers(survey, end=window.end)).filter(nw.col(ASKED_AT) > nw.lit(last_asked))
    table, shares = _thirds(cells, third, np.random.default_rng(seed), draws, mass)
    difference = shares[:, -1] - shares[:, 0]
    odds, alike = (np.exp(_slope(cells, seed, draws, before=before)) for before in (False, True))
    return NextPurchases(
        weeks=weeks,
        respondents=n,
        too_recent=int(collected(late.select(nw.len().alias(N)))[N].iloc[0]),
        thirds=table,
        high_less_low=estimate(difference, mass=mass),
        p_higher=float((difference > 0).mean()),
        odds=estimate(odds, mass=mass),
        odds_alike=estimate(alike, mass=mass),
        spend_change=_change(cells, mass),
    )


def behaviour_cells(
    survey: Frame, transactions: Frame, *, window: ObservationWindow, last_asked: date, weeks: int
) -> pd.DataFrame:
    """Respondents counted by value, purchases before and whether they bought after.

    Returns
    -------
    DataFrame
        step (perceived value in steps of 0.05 points), before (purchase days in the weeks up to and with the survey's
        day, at most 6), bought (1 or 0), n, value (mean, points); and of the ``compared`` ones, who were customers and
        observed all the weeks before, the sums spend_before, spend_after and change2 (squared change), in currency.
    """
    days = weeks * DAYS_PER_WEEK
    people = respondents(answers(survey, end=last_asked)).select(
        CUSTOMER_ID, VALUE, day_number(nw.col(ASKED_AT)).cast(nw.Int64).alias("asked")
    )
    since = nw.col(PURCHASE_DAY) - nw.col("asked")
    after, before = (since > 0) & (since <= days), (since <= 0) & (since > -days)

    def spend(when: nw.Expr, name: str) -> nw.Expr:
        return nw.when(when).then(nw.col("value_of_day")).otherwise(nw.lit(0)).cast(nw.Int64).alias(name)

    each = (
        people.join(purchase_days(transactions).rename({"value": "value_of_day"}), on=CUSTOMER_ID, how="inner")
        .with_columns(
            after.cast(nw.Int64).alias("after"),
            before.cast(nw.Int64).alias("before"),
            spend(after, "spend_after"),
            spend(before, "spend_before"),
        )
        .group_by(CUSTOMER_ID, VALUE, "asked")
        .agg(
            nw.col(PURCHASE_DAY).min().alias("first"),
            *(nw.col(name).sum().cast(nw.Int64) for name in ("after", "before", "spend_after", "spend_before")),
        )
        .filter(nw.col("first") <= nw.col("asked"))
    )
    return _counted(each, start=window.start.toordinal(), days=days)


def _counted(each: Frame, *, start: int, days: int) -> pd.DataFrame:
    known = (nw.col("first") <= nw.col("asked") - days) & (nw.col("asked") - days >= start)
    change = (nw.col("spend_after") - nw.col("spend_before")) / MONEY_UNITS
    counted = (
        each.with_columns(
            # shifted above 0, where every engine divides whole numbers alike
            ((nw.col(VALUE) + _SHIFT * STEP + STEP // 2) // STEP - _SHIFT).cast(nw.Int64).alias("step"),
            nw.when(nw.col("before") > MOST_BEFORE).then(MOST_BEFORE).otherwise(nw.col("before")).alias("before"),
            (nw.col("after") > 0).cast(nw.Int64).alias("bought"),
            known.cast(nw.Int64).alias("compared"),
            (change * change).alias("change2"),
        )
        .with_columns(
            *(
                nw.when(nw.col("compared") == 1).then(nw.col(name)).otherwise(nw.lit(0)).alias(name)
                for name in ("spend_before", "spend_after", "change2")
            )
        )
        .group_by("step", "before", "bought")
        .agg(
            nw.len().alias(N),
            *(nw.col(name).sum() for name in (VALUE, "compared", "spend_before", "spend_after", "change2")),
        )
    )
    found = collected(
        counted.select(
            "step", "before", "bought", *(nw.col(name).cast(nw.Int64) for name in (N, "compared")),
            *(nw.col(name).cast(nw.Float64) for name in (VALUE, "spend_before", "spend_after", "change2")),
        )
    )  # fmt: skip
    found[VALUE] = found[VALUE] / found[N] / POINT_UNITS
    found[["spend_before", "spend_after"]] = found[["spend_before", "spend_after"]] / MONEY_UNITS
    return found.sort_values(["step", "before", "bought"], ignore_index=True)


def thirds_of(cells: pd.DataFrame) -> np.ndarray:
    """Third of each cell, 0 to 2: by the middle rank of its perceived value, so that equal values stay together."""
    counts = cells.groupby("step")[N].sum().sort_index()
    middle = (counts.cumsum() - counts / 2) / counts.sum()
    return np.minimum((cells["step"].map(middle) * len(THIRDS)).to_numpy().astype(int), len(THIRDS) - 1)


def _thirds(
    cells: pd.DataFrame, third: np.ndarray, rng: np.random.Generator, draws: int, mass: float
) -> tuple[pd.DataFrame, np.ndarray]:
    rows = []
    for number in np.unique(third):  # many equal answers can leave one empty
        part = cells[third == number]
        compared = part["compared"].sum()
        rows.append(
            {
                "third": THIRDS[number],
                N: int(part[N].sum()),
                "value_low": part[VALUE].min(),
                "value_high": part[VALUE].max(),
                "bought": int((part["bought"] * part[N]).sum()),
                "spend_before": part["spend_before"].sum() / compared if compared else np.nan,
                "spend_after": part["spend_after"].sum() / compared if compared else np.nan,
                "spend_n": int(compared),
            }
        )
    table = pd.DataFrame(rows)
    # a flat prior on the share: Beta(1 + bought, 1 + not bought)
    shares = rng.beta(
        1 + table["bought"].to_numpy(), 1 + (table[N] - table["bought"]).to_numpy(), size=(draws, len(table))
    )
    low, high = credible_interval(shares, mass=mass)
    return table.assign(share=table["bought"] / table[N], low=low, high=high), shares


def _slope(cells: pd.DataFrame, seed: int, draws: int, *, before: bool) -> np.ndarray:
    """Draws of the log odds that go with one more point of perceived value."""
    n = cells[N].to_numpy(dtype=float)
    terms = [cells[VALUE].to_numpy(dtype=float)] + ([np.log1p(cells["before"].to_numpy(dtype=float))] if before else [])
    scaled, spreads = [np.ones(len(cells))], []
    for term in terms:
        centred = term - weighted_mean(term, n)
        spreads.append(weighted_mean(centred**2, n) ** 0.5 or 1.0)
        scaled.append(centred / spreads[-1])
    bought = cells["bought"].to_numpy(dtype=float) * n
    return (
        logistic_draws(np.column_stack(scaled), successes=bought, trials=n, seed=seed, draws=draws)[:, 1] / spreads[0]
    )


def _change(cells: pd.DataFrame, mass: float) -> Estimate | None:
    n = int(cells["compared"].sum())
    if n < 3:
        return None
    total = float((cells["spend_after"] - cells["spend_before"]).sum())
    scatter = max(float(cells["change2"].sum()) - total**2 / n, 0.0)
    return mean_of_sample(n, total / n, scatter, mass=mass)
