"""Refunds go back to the order they belong to, so that revenue is net and a returned order is no purchase.

1. A refund that names its order (``refund_of``) belongs to that order, whoever it was booked for.
2. A refund under the number of an order that the same customer placed before, or that day, belongs to that order.
3. A refund that names none belongs to the nearest earlier row of the same customer with exactly its amount: first in,
   last out, so that each row is refunded once. Where none has, whole orders of several lines are tried.
4. Whatever is left is unmatched, and stays aside.

The account is exact because money only moves: ``units`` is what a row said, ``booked`` what it counts for once refunds
are taken off, and both add up to the same sum. A matched refund counts for nothing (its money sits in its order), an
order refunded in part for what is left of it, an order refunded in full for nothing, and a refund larger than its order
for the excess. So rows and money in = accepted + repaired + quarantined still holds to the ten-thousandth.
"""

from collections.abc import Callable
from typing import Any, Final

import narwhals as nw

from clv_lib.data.fetching import fetch
from clv_lib.names import CUSTOMER_ID, ORDER_ID, ORDERED_AT, REFUND_OF
from clv_lib.periods import day_number

Frame = nw.LazyFrame[Any]
PENDING: Final = "negative_amount"  # the reason of a row that waits here
_EXACT: Final = 2**51  # below it a share in floating point is off by less than one unit
_NO_ORDER: Final = ("", "-", "null", "none", "nan", "na", "n/a", "0")


def match_refunds(
    rows: Frame, *, columns: dict[str, str], hold: Callable[[Frame, str], Frame] = lambda frame, name: frame
) -> Frame:
    """Take refunds off their orders.

    Parameters
    ----------
    rows : narwhals.LazyFrame
        Classified rows: ``reason`` is '' for those that are used and :data:`PENDING` for refunds.
    columns : dict
        The columns that the source has; ``order_id`` and ``refund_of`` are made use of.
    hold : callable
        Computes a frame once and keeps it under a name, where the engine would otherwise compute it again.

    Returns
    -------
    narwhals.LazyFrame
        The same rows and columns, with ``reason`` settled and ``booked`` and ``partly_refunded`` set.
    """
    names = rows.collect_schema().names()
    rows = rows.with_columns(_stated() if REFUND_OF in columns else nw.lit(None, nw.String).alias("stated"))
    other = rows.filter(~nw.col("reason").is_in(["", PENDING]))
    halves = rows.filter(nw.col("reason") == ""), rows.filter(nw.col("reason") == PENDING)
    for step in (_by_order, _by_amount, _by_total):
        if step is not _by_amount and ORDER_ID not in columns:
            continue
        if not _any(halves[1]):
            break
        used, refunds = step(*halves)
        both = hold(nw.concat([used, refunds]), f"refunds{step.__name__}")
        is_refund = nw.col("units") < 0
        halves = both.filter(~is_refund), both.filter(is_refund)
    left = nw.when(nw.col("reason") == PENDING).then(nw.lit("unmatched_refund")).otherwise(nw.col("reason"))
    refunds = halves[1].with_columns(left.alias("reason"))
    return nw.concat([other.select(names), halves[0].select(names), refunds.select(names)])


def _any(refunds: Frame) -> bool:
    return bool(fetch(refunds.select((nw.col("reason") == PENDING).cast(nw.Int64).sum().alias("n")))[0]["n"])


def _stated() -> nw.Expr:
    named = ~nw.col(REFUND_OF).str.to_lowercase().is_in(list(_NO_ORDER))
    return nw.when(named).then(nw.col(REFUND_OF)).alias("stated")


def _by_order(used: Frame, refunds: Frame) -> tuple[Frame, Frame]:
    """Take refunds off the order that they name, or whose number they carry."""
    sold = used.filter(~nw.col(ORDER_ID).is_null() & (nw.col("units") > 0))
    orders = (
        sold.group_by(ORDER_ID, CUSTOMER_ID)
        .agg(nw.col("units").sum().alias("total"), nw.col(ORDERED_AT).min().alias("first"))
        .with_columns(nw.col("total").cast(nw.Int64))
    )
    owners = (
        orders.group_by(ORDER_ID)
        .agg(nw.col(CUSTOMER_ID).min().alias("owner"), nw.len().alias("owners"), nw.col("total").sum().alias("owed"))
        .filter(nw.col("owners") == 1)  # an order of several customers is nobody's
        .select(nw.col(ORDER_ID).alias("owned"), "owner", nw.col("owed").cast(nw.Int64))
    )
    own = orders.select(nw.col(ORDER_ID).alias("placed"), nw.col(CUSTOMER_ID).alias("placed_by"), "total", "first")
    stated = ~nw.col("stated").is_null()
    found = (
        refunds.with_columns(nw.when(stated).then(nw.col("stated")).otherwise(nw.col(ORDER_ID)).alias("target"))
        .join(own, left_on=["target", CUSTOMER_ID], right_on=["placed", "placed_by"], how="left")
        .join(owners, left_on="target", right_on="owned", how="left")
    )
    in_time = stated | (day_number(nw.col("first")) <= day_number(nw.col(ORDERED_AT)))
    theirs = (~nw.col("total").is_null() & in_time).fill_null(False)
    anothers = (~theirs & stated & ~nw.col("owner").is_null()).fill_null(False)
    found = found.with_columns(
        nw.when(theirs).then(nw.col(CUSTOMER_ID)).when(anothers).then(nw.col("owner")).alias("payer"),
        nw.when(theirs).then(nw.col("total")).when(anothers).then(nw.col("owed")).alias("room"),
    )
    hits, misses = found.filter(~nw.col("payer").is_null()), found.filter(nw.col("payer").is_null())
    asked = -nw.col("units")
    so_far = nw.col("asked").cum_sum().over("target", "payer", order_by=[ORDERED_AT, "source", "line", "row_key"])
    left = nw.col("room") - (nw.col("so_far") - nw.col("asked"))
    hits = hits.with_columns(asked.alias("asked")).with_columns(so_far.cast(nw.Int64).alias("so_far"))
    hits = hits.with_columns(
        nw.min_horizontal(nw.max_horizontal(left, nw.lit(0)), "asked").cast(nw.Int64).alias("taken")
    )
    hits = hits.with_columns(
        (nw.col("taken") - nw.col("asked")).alias("booked"),
        nw.when(nw.col("taken") == nw.col("asked"))
        .then(nw.lit("refund"))
        .otherwise(nw.lit("excess_refund"))
        .alias("reason"),
    )
    # a stated order that is not here was placed before the log begins: another must not pay for it
    lost = nw.when(~nw.col("stated").is_null()).then(nw.lit("unmatched_refund")).otherwise(nw.col("reason"))
    misses = misses.with_columns(lost.alias("reason"))
    names = used.collect_schema().names()
    owing = (
        hits.group_by("target", "payer")
        .agg(nw.col("taken").sum().alias("due"), nw.col("room").max())
        .with_columns(nw.col("due").cast(nw.Int64), nw.col("room").cast(nw.Int64))
    )
    keys, theirs_too = [ORDER_ID, CUSTOMER_ID], ["target", "payer"]
    affected = sold.join(owing, how="inner", left_on=keys, right_on=theirs_too)
    # `used` without the affected lines; a free line of such an order stays as it is
    sold_or_null = nw.col("units") > 0
    untouched = nw.concat(
        [
            used.filter(sold_or_null).join(owing, how="anti", left_on=keys, right_on=theirs_too),
            used.filter(~sold_or_null).select(names),
        ]
    )
    return nw.concat([untouched.select(names), _spread(affected).select(names)]), nw.concat(
        [hits.select(names), misses.select(names)]
    )


def _spread(lines: Frame) -> Frame:
    """Take ``due`` off the lines of an order in proportion to them, to the unit.

    Every line gives the whole units of its share; the few that rounding leaves go to the first lines that can still
    give. In floating point the shares of orders below :data:`_EXACT` never add up to more than is due; above it the
    lines simply give one after the other.
    """
    units, due, room = nw.col("units"), nw.col("due"), nw.col("room")
    in_proportion = (units * (due / room)).floor().cast(nw.Int64)
    share = nw.when(due >= room).then(units).when(room < _EXACT).then(in_proportion).otherwise(nw.lit(0))
    keys = (ORDER_ID, CUSTOMER_ID)
    lines = lines.with_columns(share.cast(nw.Int64).alias("share"))
    lines = lines.with_columns(
        (due - nw.col("share").sum().over(*keys)).cast(nw.Int64).alias("rest"), (units - nw.col("share")).alias("can")
    )
    lines = lines.with_columns(
        nw.col("can").cum_sum().over(*keys, order_by=["source", "line", "row_key"]).cast(nw.Int64).alias("upto")
    )
    extra = nw.min_horizontal(nw.max_horizontal(nw.col("rest") - (nw.col("upto") - nw.col("can")), nw.lit(0)), "can")
    return _net(lines.with_columns((nw.col("share") + extra).cast(nw.Int64).alias("taken")), nw.col("taken"))


def _net(lines: Frame, taken: nw.Expr) -> Frame:
    """What is left of lines of which something was taken."""
    left = nw.col("booked") - taken
    gone = (taken > 0) & (left == 0)
    return lines.with_columns(
        nw.when(gone).then(nw.lit("refunded_order")).otherwise(nw.col("reason")).alias("reason"),
        (nw.col("partly_refunded") | ((taken > 0) & (left > 0))).alias("partly_refunded"),
        left.cast(nw.Int64).alias("booked"),
    )


def _by_amount(used: Frame, refunds: Frame) -> tuple[Frame, Frame]:
    """Pair refunds that name no order with the nearest earlier row of exactly their amount."""
    names = used.collect_schema().names()
    waiting = (nw.col("reason") == PENDING) & nw.col("stated").is_null()
    pending, settled = refunds.filter(waiting), refunds.filter(~waiting)
    offered = (nw.col("reason") == "") & (nw.col("booked") > 0)
    keys, wanted = [CUSTOMER_ID, "booked"], ["who", "size"]
    sizes = pending.select(nw.col(CUSTOMER_ID).alias("who"), (-nw.col("booked")).alias("size")).unique()
    open_, closed = used.filter(offered), used.filter(~offered)
    candidates, rest = (
        open_.join(sizes, how="semi", left_on=keys, right_on=wanted),
        open_.join(sizes, how="anti", left_on=keys, right_on=wanted),
    )
    paired = _paired(nw.concat([candidates.select(names), pending.select(names)]), nw.col("booked").abs())
    is_order = nw.col("booked") > 0
    sold = paired.filter(is_order).with_columns(*_settled(nw.col("paired"), "refunded_order"))
    given_back = paired.filter(~is_order).with_columns(*_settled(nw.col("paired"), "refund"))
    return nw.concat([closed.select(names), rest.select(names), sold.select(names)]), nw.concat(
        [settled.select(names), given_back.select(names)]
    )


def _paired(rows: Frame, size: nw.Expr) -> Frame:
    """Pair rows of opposite sign like brackets: ``paired`` where a positive one is closed by a later negative one.

    Within a customer and an amount, the running balance is the depth of the nesting; on one level openings and closings
    alternate, so a closing belongs to the row before it if that is an opening. A refund comes before the purchases of
    its own day, so that only earlier ones are offered to it.
    """
    opens = nw.col("booked") > 0
    step = nw.when(opens).then(nw.lit(1)).otherwise(nw.lit(-1)).cast(nw.Int64)
    order = [ORDERED_AT, "step", "source", "line", "row_key"]
    rows = rows.with_columns(step.alias("step"), size.alias("size"))
    depth = nw.col("step").cum_sum().over(CUSTOMER_ID, "size", order_by=order).cast(nw.Int64)
    rows = rows.with_columns(depth.alias("depth"))
    rows = rows.with_columns(
        nw.when(nw.col("step") > 0).then(nw.col("depth")).otherwise(nw.col("depth") + 1).alias("level")
    )
    level = (CUSTOMER_ID, "size", "level")
    before, after = (nw.col("step").shift(k).over(*level, order_by=order) for k in (1, -1))
    rows = rows.with_columns(before.alias("before"), after.alias("after"))
    pair = nw.when(nw.col("step") > 0).then(nw.col("after") == -1).otherwise(nw.col("before") == 1)
    return rows.with_columns(pair.fill_null(False).alias("paired"))


def _by_total(used: Frame, refunds: Frame) -> tuple[Frame, Frame]:
    """Pair refunds that are left with whole orders of several lines."""
    schema = used.collect_schema()
    names = schema.names()
    waiting = (nw.col("reason") == PENDING) & nw.col("stated").is_null()
    pending, settled = refunds.filter(waiting), refunds.filter(~waiting)
    offered = (nw.col("reason") == "") & (nw.col("booked") > 0) & ~nw.col(ORDER_ID).is_null()
    who = pending.select(nw.col(CUSTOMER_ID).alias("who")).unique()
    keys = [CUSTOMER_ID, ORDER_ID, ORDERED_AT]
    orders = (
        used.filter(offered)
        .join(who, left_on=CUSTOMER_ID, right_on="who", how="semi")
        .group_by(*keys)
        .agg(nw.col("booked").sum(), nw.len().alias("lines"))
        .filter(nw.col("lines") > 1)
        .with_columns(nw.col("booked").cast(nw.Int64))
    )
    empty = [nw.lit(None, schema[name]).alias(name) for name in names if name not in (*keys, "booked")]
    orders = orders.with_columns(*empty).select(*names, nw.lit(True).alias("whole"))
    pending = pending.select(*names, nw.lit(False).alias("whole"))
    both = _paired(nw.concat([orders, pending]), nw.col("booked").abs())
    gone = both.filter(nw.col("whole") & nw.col("paired"))
    marks = gone.select(*(nw.col(key).alias(f"gone_{key}") for key in keys), nw.lit(True).alias("gone"))
    used = used.join(marks, left_on=keys, right_on=[f"gone_{key}" for key in keys], how="left")
    hit = nw.col("gone").fill_null(False) & (nw.col("reason") == "") & (nw.col("booked") > 0)
    back = both.filter(~nw.col("whole"))
    return (
        used.with_columns(hit.alias("hit")).with_columns(*_settled(nw.col("hit"), "refunded_order")).select(names),
        nw.concat([settled.select(names), back.with_columns(*_settled(nw.col("paired"), "refund")).select(names)]),
    )


def _settled(hit: nw.Expr, reason: str) -> tuple[nw.Expr, nw.Expr]:
    return (
        nw.when(hit).then(nw.lit(reason)).otherwise(nw.col("reason")).alias("reason"),
        nw.when(hit).then(nw.lit(0)).otherwise(nw.col("booked")).cast(nw.Int64).alias("booked"),
    )
