"""What customers answered in the value survey, as sums that fit on a page; all of it computed where the answers lie.

1. A customer's survey is everything answered on one day; asked again, the latest day counts.
2. Within one respondent and one side (benefits, costs) the importances are divided by their sum, so that only their
   proportions matter; where a side has no importance at all, its items count alike.
3. Perceived value is the importance-weighted mean score of the benefits less that of the costs, in points of the
   survey's scale [1]_, [2]_. It is built as the sum of what each item adds or takes, so the items add up to it.
4. Benefits and sacrifices, not quality and price alone, make the value of a relationship [3]_.

Points are added in whole ten-thousandths, like money: any order of rows and any engine gives the same sum.

References
----------
.. [1] Zeithaml (1988), "Consumer Perceptions of Price, Quality, and Value", J. Marketing 52(3), 2-22: value is what is
   received against what is given.
.. [2] Gale (1994), Managing Customer Value, chapter 4: importance-weighted scores and the customer value map.
.. [3] Ulaga & Eggert (2006), "Value-Based Differentiation in Business Relationships", J. Marketing 70(1), 119-136.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import collected
from clv_lib.names import ASKED_AT, CUSTOMER_ID, IMPORTANCE, ITEM, SCORE, SIDE, TANGIBLE, N

Frame = nw.LazyFrame[Any]
Side = Literal["benefit", "cost"]
BENEFIT: Final[Side] = "benefit"
COST: Final[Side] = "cost"
POINT_UNITS: Final = 10_000  # points of the scale are added in ten-thousandths, as integers

WEIGHT: Final = "weight"  # an item's share in the importance of its side, 0 to 1
EFFECT: Final = "effect"  # what the item adds to perceived value; negative on the cost side
GAP: Final = "gap"  # how much better the item does than the respondent's mean of its side; a high cost is worse
VALUE: Final = "value"  # perceived value of one respondent
BENEFITS: Final = "benefits"
COSTS: Final = "costs"
TANGIBLE_PART: Final = "tangible_part"
INTANGIBLE_PART: Final = "intangible_part"
PARTS: Final = (BENEFITS, COSTS, TANGIBLE_PART, INTANGIBLE_PART)


def answers(survey: Frame, *, end: date) -> Frame:
    """Every item of every customer's latest survey, with its weight and what it does to perceived value.

    Parameters
    ----------
    survey : narwhals.LazyFrame
        The accepted ``value_survey``. Rows after ``end``, and rows without a score or with no importance or a
        negative one, are left out; an item answered twice on one day counts once, with its means.
    end : date
        Last day that is read.

    Returns
    -------
    narwhals.LazyFrame
        customer_id, asked_at, side, item, tangible (1 or 0), score, and weight, effect, gap as whole ten-thousandths.
    """
    usable = survey.filter(
        nw.col(ASKED_AT) <= nw.lit(end), ~nw.col(SCORE).is_null(), nw.col(IMPORTANCE) >= 0, ~nw.col(ITEM).is_null()
    ).select(
        CUSTOMER_ID, ASKED_AT, SIDE, ITEM, nw.col(TANGIBLE).cast(nw.Int64).fill_null(0).alias(TANGIBLE),
        _units(nw.col(SCORE)).alias(SCORE), _units(nw.col(IMPORTANCE)).alias(IMPORTANCE),
    )  # fmt: skip
    latest = usable.with_columns(nw.col(ASKED_AT).max().over(CUSTOMER_ID).alias("latest"))
    once = (
        latest.filter(nw.col(ASKED_AT) == nw.col("latest"))
        .group_by(CUSTOMER_ID, ASKED_AT, SIDE, ITEM)
        .agg(nw.col(TANGIBLE).max(), nw.col(SCORE).sum(), nw.col(IMPORTANCE).sum(), nw.len().alias(N))
        .with_columns(_float(SCORE) / _float(N) / POINT_UNITS, _float(IMPORTANCE) / _float(N))
    )
    return _weighed(once)


def _weighed(items: Frame) -> Frame:
    """Add weight, effect and gap to one row per respondent, side and item."""
    side = [CUSTOMER_ID, SIDE]
    sums = items.with_columns(
        # rounded, because a sum of floats depends on the order of the rows
        nw.col(IMPORTANCE).round(0).cast(nw.Int64).sum().over(side).alias("all_importance"),
        _units(nw.col(SCORE)).sum().over(side).alias("all_scores"),
        nw.len().over(side).alias("items"),
    )
    share = (
        nw.when(nw.col("all_importance") > 0)
        .then(nw.col(IMPORTANCE).round(0) / nw.when(nw.col("all_importance") > 0).then(_float("all_importance")))
        .otherwise(1.0 / _float("items"))
    )
    sign = nw.when(nw.col(SIDE) == BENEFIT).then(nw.lit(1)).otherwise(nw.lit(-1))
    better = nw.col(SCORE) - _float("all_scores") / POINT_UNITS / _float("items")
    return sums.with_columns(share.alias(WEIGHT)).select(
        CUSTOMER_ID, ASKED_AT, SIDE, ITEM, TANGIBLE,
        _units(nw.col(SCORE)).alias(SCORE),
        _units(nw.col(WEIGHT)).alias(WEIGHT),
        (_units(nw.col(WEIGHT) * nw.col(SCORE)) * sign).alias(EFFECT),
        (_units(better) * sign).alias(GAP),
    )  # fmt: skip


def respondents(items: Frame) -> Frame:
    """Perceived value of everyone who answered on both sides.

    Parameters
    ----------
    items : narwhals.LazyFrame
        From :func:`answers`.

    Returns
    -------
    narwhals.LazyFrame
        customer_id, asked_at, value, benefits, costs (so that value = benefits - costs), tangible_part,
        intangible_part (so that value is their sum), all in points of the survey's scale, as whole ten-thousandths.
    """

    def part(condition: nw.Expr) -> nw.Expr:
        return nw.when(condition).then(nw.col(EFFECT)).otherwise(nw.lit(0))

    benefit = nw.col(SIDE) == BENEFIT
    return (
        items.with_columns(
            part(benefit).alias(BENEFITS),
            (-part(~benefit)).alias(COSTS),
            part(nw.col(TANGIBLE) == 1).alias(TANGIBLE_PART),
            part(nw.col(TANGIBLE) != 1).alias(INTANGIBLE_PART),
            nw.when(benefit).then(nw.lit(1)).otherwise(nw.lit(0)).alias("asked_benefits"),
            nw.when(~benefit).then(nw.lit(1)).otherwise(nw.lit(0)).alias("asked_costs"),
        )
        .group_by(CUSTOMER_ID)
        .agg(
            nw.col(ASKED_AT).max(),
            nw.col(EFFECT).sum().alias(VALUE),
            *(nw.col(name).sum() for name in (*PARTS, "asked_benefits", "asked_costs")),
        )
        .filter(nw.col("asked_benefits") > 0, nw.col("asked_costs") > 0)
        .select(CUSTOMER_ID, ASKED_AT, *(nw.col(name).cast(nw.Int64) for name in (VALUE, *PARTS)))
    )


def moments(frame: Frame, columns: Sequence[str], *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Count, mean and scatter of columns in ten-thousandths of a point, one row per group.

    Parameters
    ----------
    frame : narwhals.LazyFrame
    columns : sequence of str
    by : sequence of str
        Groups; without them there is one row.

    Returns
    -------
    DataFrame
        The groups, n, and for each column ``<column>`` (mean, in points) and ``<column>_scatter`` (sum of squared
        deviations from it); sorted by the groups.
    """
    squares = [(nw.col(name) * nw.col(name)).alias(f"{name}_scatter") for name in columns]
    one = frame.select(*by, *columns).with_columns(*squares, nw.lit(1).alias("all"))
    keys = list(by) or ["all"]
    sums = [nw.col(name).sum() for column in columns for name in (column, f"{column}_scatter")]
    summed = one.group_by(*keys).agg(nw.len().alias(N), *sums)
    whole = [nw.col(name).cast(nw.Int64) for column in columns for name in (column, f"{column}_scatter")]
    found = collected(summed.select(*by, nw.col(N).cast(nw.Int64), *whole))
    for name in columns:
        # whole numbers of Python: exact, however large
        rows = zip(found[N].tolist(), found[name].tolist(), found[f"{name}_scatter"].tolist(), strict=True)
        found[f"{name}_scatter"] = [max(n * square - total**2, 0) / n / POINT_UNITS**2 for n, total, square in rows]
        found[name] = found[name] / found[N] / POINT_UNITS
    return found.sort_values(list(by), ignore_index=True) if by else found


def _units(points: nw.Expr) -> nw.Expr:
    return (points * POINT_UNITS).round(0).cast(nw.Int64)


def _float(column: str) -> nw.Expr:
    return nw.col(column).cast(nw.Float64)
