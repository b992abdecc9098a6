"""What customers gain and give up, as they see it: the whole, its parts, its groups, and who answered at all.

The measure is in :mod:`clv_lib.analysis.value_answers`. Uncertainty is that of a sample: who else might have answered.
It does not hold what those think who never answer; :func:`response` says how they differ in what they buy.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.group_means import FEW, GroupMeans, group_means, mean_of_sample
from clv_lib.analysis.intervals import INTERVAL, Estimate
from clv_lib.analysis.value_answers import (
    BENEFITS,
    COSTS,
    PARTS,
    POINT_UNITS,
    VALUE,
    Frame,
    answers,
    moments,
    respondents,
)
from clv_lib.analysis.value_items import ValueItems, value_items
from clv_lib.data.customers import collected
from clv_lib.errors import CannotEstimateError
from clv_lib.names import ACQUISITION_CHANNEL, ASKED_AT, CUSTOMER_ID, FREQUENCY, REGION, SCORE, SIDE, TOTAL_VALUE, N

LEAST_ANSWERS: Final = 3
MOST_GROUPS: Final = 20  # an attribute with more values is no segment but a description
_FIRST: Final = (ACQUISITION_CHANNEL, REGION)


@dataclass(frozen=True)
class PerceivedValue:
    """Perceived value of those who answered, in points of the survey's scale.

    Attributes
    ----------
    parts : dict of str to Estimate
        value (benefits - costs), benefits, costs, tangible_part and intangible_part (their sum is the value).
    positive : float
        Share of respondents who see more benefit than cost.
    items : ValueItems
        What each item adds or takes, and which ones to mend first.
    respondents, incomplete : int
        Customers who answered on both sides, and customers who answered on one only and are left out.
    first_day, last_day : date
        Of the surveys that count.
    scale : dict of str to tuple of float
        Lowest and highest score seen, by side.
    """

    parts: dict[str, Estimate]
    positive: float
    items: ValueItems
    respondents: int
    incomplete: int
    first_day: date
    last_day: date
    scale: dict[str, tuple[float, float]]

    @property
    def value(self) -> Estimate:
        """Mean perceived value."""
        return self.parts[VALUE]

    @property
    def one_scale(self) -> bool:
        """Whether both sides seem to be scored on one scale; without it their difference means little."""
        tops = [high for _, high in self.scale.values()]
        return min(tops) > max(tops) / 2


@dataclass(frozen=True)
class Response:
    """How those who answered differ from the customers who did not.

    Attributes
    ----------
    customers, respondents : int
        Customers of the log, and those among them who answered.
    table : DataFrame
        answered (bool), n, frequency (mean repeat purchase days), total_value (mean, in currency).
    """

    customers: int
    respondents: int
    table: pd.DataFrame

    @property
    def share(self) -> float:
        """Share of the customers who answered."""
        return self.respondents / self.customers if self.customers else float("nan")

    def ratio(self, column: str) -> float:
        """How many times the mean of those who did not answer is that of those who did; NaN if all or none did."""
        by = self.table.set_index("answered")[column]
        return float(by[True] / by[False]) if len(by) == 2 and by[False] else float("nan")


def perceived_value(
    survey: Frame, *, end: date, seed: int, draws: int = 4_000, mass: float = INTERVAL
) -> PerceivedValue:
    """Summarise a value survey.

    Parameters
    ----------
    survey : narwhals.LazyFrame
        The accepted ``value_survey``.
    end : date
        Last day that is read.
    seed : int
    draws : int
    mass : float
        Of the intervals.

    Raises
    ------
    CannotEstimateError
        Fewer than three customers answered on both sides.
    """
    items = answers(survey, end=end)
    people = respondents(items)
    facts = collected(
        people.select(
            nw.len().alias(N),
            nw.col(ASKED_AT).min().alias("first"),
            nw.col(ASKED_AT).max().alias("last"),
            (nw.col(VALUE) > 0).cast(nw.Int64).sum().alias("positive"),
        )
    ).iloc[0]
    answered = int(facts[N])
    if answered < LEAST_ANSWERS:
        raise CannotEstimateError(
            "Perceived value needs at least {least} customers who answered on benefits and on costs, but there are "
            "{n}. Usually the survey has not gone out yet, or its column for the side is mapped wrongly.",
            least=LEAST_ANSWERS,
            n=answered,
        )
    asked = int(collected(items.select(CUSTOMER_ID).unique().select(nw.len().alias(N)))[N].iloc[0])
    whole = moments(people, [VALUE, *PARTS])
    return PerceivedValue(
        parts={
            name: mean_of_sample(answered, whole[name].iloc[0], whole[f"{name}_scatter"].iloc[0], mass=mass)
            for name in (VALUE, *PARTS)
        },
        positive=int(facts["positive"]) / answered,
        items=value_items(items, people, seed=seed, draws=draws, mass=mass),
        respondents=answered,
        incomplete=asked - answered,
        first_day=pd.Timestamp(facts["first"]).date(),
        last_day=pd.Timestamp(facts["last"]).date(),
        scale=_scale(items),
    )


def _scale(items: Frame) -> dict[str, tuple[float, float]]:
    seen = items.group_by(SIDE).agg(nw.col(SCORE).min().alias("low"), nw.col(SCORE).max().alias("high"))
    table = collected(seen).sort_values(SIDE)
    ends = zip(table["low"].tolist(), table["high"].tolist(), strict=True)
    return {side: (low / POINT_UNITS, high / POINT_UNITS) for side, (low, high) in zip(table[SIDE], ends, strict=True)}


def attributes(customers: Frame, *, most: int = MOST_GROUPS) -> tuple[str, ...]:
    """Columns of ``customers`` that divide them into a page's worth of groups; the acquisition channel comes first."""
    schema = customers.collect_schema()
    texts = [name for name, kind in schema.items() if kind == nw.String and name != CUSTOMER_ID]
    if not texts:
        return ()
    counts = collected(customers.select(*(nw.col(name).n_unique().alias(name) for name in texts))).iloc[0]
    ordered = sorted(texts, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    return tuple(name for name in ordered if 2 <= counts[name] <= most)


def value_by_group(
    survey: Frame,
    customers: Frame,
    *,
    by: str,
    end: date,
    seed: int,
    draws: int = 4_000,
    least: int = FEW,
    mass: float = INTERVAL,
) -> GroupMeans:
    """Perceived value by an attribute of the customers, small groups drawn towards the whole.

    Parameters
    ----------
    survey, customers : narwhals.LazyFrame
        Of one engine.
    by : str
        Column of ``customers``; respondents without a value in it form a group named "".
    end : date
    seed : int
    draws : int
    least : int
        A group with fewer answers is marked.
    mass : float

    Returns
    -------
    GroupMeans
        The groups in ``table[by]``, highest mean first, with benefits and costs as they were answered.
    """
    people = respondents(answers(survey, end=end)).join(customers.select(CUSTOMER_ID, by), on=CUSTOMER_ID, how="left")
    found = moments(people.with_columns(nw.col(by).fill_null("")), [VALUE, BENEFITS, COSTS], by=[by])
    means = group_means(found, column=VALUE, group=by, seed=seed, draws=draws, least=least, mass=mass)
    order = np.argsort(-means.table["mean"].to_numpy(), kind="stable")
    table = means.table.assign(**{BENEFITS: found[BENEFITS], COSTS: found[COSTS]})
    return GroupMeans(
        table.iloc[order].reset_index(drop=True), means.whole, means.between, means.draws[:, order], least
    )


def response(survey: Frame, summary: Frame, *, end: date) -> Response:
    """Compare customers who answered with those who did not.

    Parameters
    ----------
    survey : narwhals.LazyFrame
    summary : narwhals.LazyFrame
        One row per customer, from :func:`clv_lib.data.customers.customer_summary`, in the same engine.
    end : date
    """
    people = respondents(answers(survey, end=end)).select(CUSTOMER_ID, nw.lit(1).alias("answered"))
    both = summary.join(people, on=CUSTOMER_ID, how="left").with_columns(nw.col("answered").fill_null(0))
    table = collected(
        both.group_by("answered").agg(nw.len().alias(N), nw.col(FREQUENCY).mean(), nw.col(TOTAL_VALUE).mean())
    )
    table = table.astype({"answered": bool, N: "int64"}).sort_values("answered", ascending=False, ignore_index=True)
    return Response(int(table[N].sum()), int(table.loc[table["answered"], N].sum()), table)
