"""Charts of the page on costs: waterfall, whale curve, acquisition cost by channel, payback."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, INK, PALE, SOFT, WARN, Figure
from clv_lib.reporting.wording import Language, Sentence, legible, money, number, round_money, share

ALL = 0.99  # a peak later than that is the end of the curve
LONGEST_LABEL = 22  # characters of a name on an axis


def short(name: str) -> str:
    """A name from data as it fits on an axis: one line, cut where it is too long."""
    return legible(name, LONGEST_LABEL)


def falling(
    steps: pd.DataFrame,
    *,
    labels: Sequence[Sentence],
    currency: str,
    **told: Unpack[Told],
) -> Figure:
    """A waterfall lying on its side. ``steps``: amount, low, high, total; one label per row."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        amounts, totals = steps["amount"].to_numpy(), steps["total"].to_numpy(dtype=bool)
        ends = np.where(totals, amounts, np.cumsum(np.where(totals, 0.0, amounts)) + amounts[0])
        starts = np.where(totals, 0.0, ends - amounts)
        rows = np.arange(len(steps))
        axes.barh(rows, ends - starts, left=starts, color=[ACCENT if t else PALE for t in totals], height=0.7)
        width = (steps["high"] - steps["low"]).to_numpy()
        vague = width > 1e-9 * max(abs(amounts).max(), 1.0)
        reach = np.abs([(amounts - steps["low"])[vague], (steps["high"] - amounts)[vague]])
        axes.errorbar(ends[vague], rows[vague], xerr=reach, fmt="none", ecolor=INK, elinewidth=1.3, capsize=3)
        beyond = np.where(vague, ends + steps["high"].to_numpy() - amounts, -np.inf)  # where the line of a range ends
        for row, (start, end, amount) in enumerate(zip(starts, ends, amounts, strict=True)):
            axes.annotate(
                money(amount, currency).text(language), (max(start, end, beyond[row], 0.0), row), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=8 if narrow else 9, color=INK,
            )  # fmt: skip
        axes.set_yticks(rows, [fill(label.text(language), 17 if narrow else 40) for label in labels])
        axes.tick_params(axis="y", labelsize=9 if narrow else 10)
        axes.invert_yaxis()
        axes.axvline(0, color=SOFT, linewidth=0.8)
        axes.margins(x=0.2)
        axes.set_xticks([])
        axes.grid(visible=False)

    tall = 0.45 + 0.095 * len(steps)
    return figure("waterfall", paint=paint, tall=tall, **told)


def whale(
    curve: pd.DataFrame,
    *,
    peak_at: float,
    currency: str,
    **told: Unpack[Told],
) -> Figure:
    """Cumulative profit. ``curve``: customers (share), profit (currency); ``peak_at``: share at which it is highest."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        axes.fill_between(curve["customers"], curve["profit"], color=ACCENT, alpha=0.14, linewidth=0)
        axes.plot(curve["customers"], curve["profit"], color=ACCENT)
        axes.axhline(float(curve["profit"].iloc[-1]), color=SOFT, linewidth=1, linestyle=(0, (2, 1.5)))
        if 0 < peak_at < ALL:
            axes.axvline(peak_at, color=WARN, linewidth=1)
        axes.set_xlim(0, 1)
        ticks(axes.xaxis, share, language)
        ticks(axes.yaxis, lambda value: round_money(value, currency), language)

    return figure("whale", paint=paint, **told)


def paying_back(
    curve: pd.DataFrame,
    *,
    cost: tuple[float, float, float] | None,
    currency: str,
    title: Sentence,
    alt: Sentence,
    caption: Sentence,
    labels: dict[str, Sentence],
) -> Figure:
    """Cumulative margin per customer by age, against what winning one has cost.

    Parameters
    ----------
    curve : DataFrame
        age (months), mean, low, high (currency per customer).
    cost : tuple of float or None
        Cost of a new customer and its interval.
    labels : dict
        Sentences ``x``, ``y``, ``margin``, ``cost``.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        axes.fill_between(curve["age"], curve["low"], curve["high"], color=ACCENT, alpha=0.18, linewidth=0)
        axes.plot(curve["age"], curve["mean"], color=ACCENT, label=labels["margin"].text(language))
        if cost is not None:
            middle, low, high = cost
            axes.axhspan(low, high, color=WARN, alpha=0.12, linewidth=0)
            axes.axhline(middle, color=WARN, linewidth=1.4, label=labels["cost"].text(language))
        axes.set_xlim(0, max(float(curve["age"].max()), 1.0))
        axes.set_ylim(bottom=min(0.0, float(curve["low"].min())))
        ticks(axes.xaxis, number, language)
        ticks(axes.yaxis, lambda value: round_money(value, currency), language)
        legend(axes, narrow)

    return figure("payback", title=title, alt=alt, caption=caption, x=labels["x"], y=labels["y"], paint=paint)
