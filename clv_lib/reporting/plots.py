"""Charts. Each takes tidy data and answers one question; nothing is computed here but positions.

A chart is a :class:`~clv_lib.reporting.elements.Figure`: its title (a sentence that states the answer), alt text and
caption are the caller's, because they hold numbers; the axes and their units are drawn here, in the page's language.
"""

from collections.abc import Callable
from datetime import date
from textwrap import fill
from typing import Any, Final, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, INK, PALE, SOFT, WARN, Figure
from clv_lib.reporting.wording import (
    Language,
    Quantity,
    Sentence,
    count,
    legible,
    money,
    month,
    number,
    round_money,
    share,
)

LONGEST_LABEL: Final = 34  # characters of a name on an axis


def bars_by_month(
    data: pd.DataFrame,
    *,
    name: str,
    currency: str | None,
    **told: Unpack[Told],
) -> Figure:
    """One bar per month. ``data``: month (date), value (money in ``currency``, or a count when that is None)."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        axes.bar(np.arange(len(data)), data["value"], color=ACCENT, width=0.78)
        step = max(1, -(-len(data) // (4 if narrow else 9)))
        axes.set_xticks(range(0, len(data), step))
        axes.set_xticklabels([month(_day(m)).text(language) for m in data["month"].iloc[::step]])
        write = count if currency is None else (lambda value: round_money(value, currency))
        ticks(axes.yaxis, write, language)

    return figure(name, **told, paint=paint)


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()


def shares_by_group(
    data: pd.DataFrame,
    *,
    name: str,
    highlight: int = 0,
    **told: Unpack[Told],
) -> Figure:
    """One labelled bar per group. ``data``: label (str), share (0 to 1)."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        positions = np.arange(len(data))
        colours = [ACCENT if position == highlight else PALE for position in positions]
        axes.bar(positions, data["share"], color=colours, width=0.78)
        for position, value in zip(positions, data["share"], strict=True):
            axes.annotate(
                share(value).text(language), (position, max(value, 0)), xytext=(0, 3), textcoords="offset points",
                ha="center", fontsize=8 if narrow else 10, color=INK,
                fontweight="bold" if position == highlight else "normal",
            )  # fmt: skip
        axes.set_xticks(positions, list(data["label"]))
        axes.set_yticks([])
        axes.grid(visible=False)

    return figure(name, paint=paint, **told)


def observed_and_expected(
    data: pd.DataFrame,
    *,
    name: str,
    observed: Sentence,
    expected: Sentence,
    write: Callable[[float], Quantity] = count,
    **told: Unpack[Told],
) -> Figure:
    """Bars of what was seen, points with ranges of what the model says.

    Parameters
    ----------
    data : DataFrame
        label, observed, expected, low, high.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        positions = np.arange(len(data))
        axes.bar(positions, data["observed"], color=PALE, width=0.78, label=observed.text(language))
        spread = np.abs([data["expected"] - data["low"], data["high"] - data["expected"]])
        axes.errorbar(
            positions, data["expected"], yerr=spread, fmt="o", color=ACCENT, markersize=4.5, elinewidth=1.5, capsize=3,
            label=expected.text(language),
        )  # fmt: skip
        axes.set_xticks(positions, list(data["label"]))
        ticks(axes.yaxis, write, language)
        legend(axes, narrow)

    return figure(name, paint=paint, **told)


def tracking(
    data: pd.DataFrame, *, split: float, title: Sentence, alt: Sentence, caption: Sentence, labels: dict[str, Sentence]
) -> Figure:
    """Cumulative purchases, seen and forecast.

    Parameters
    ----------
    data : DataFrame
        week, actual, expected, low, high: cumulative repeat purchases.
    split : float
        Week at which the fitting data end.
    labels : dict
        Sentences ``x``, ``y``, ``actual``, ``expected``, ``split``.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        axes.fill_between(data["week"], data["low"], data["high"], color=ACCENT, alpha=0.18, linewidth=0)
        axes.plot(data["week"], data["expected"], color=ACCENT, label=labels["expected"].text(language))
        axes.plot(
            data["week"], data["actual"], color=INK, linestyle=(0, (2, 1.5)), label=labels["actual"].text(language)
        )
        axes.axvline(split, color=WARN, linewidth=1)
        axes.annotate(
            labels["split"].text(language), (split, 0), xycoords=("data", "axes fraction"), xytext=(5, 4),
            textcoords="offset points", color=WARN, fontsize=9,
        )  # fmt: skip
        axes.set_xlim(0, data["week"].max())
        axes.set_ylim(0)
        ticks(axes.yaxis, count, language)
        ticks(axes.xaxis, number, language)
        legend(axes, narrow)

    return figure("tracking", title=title, alt=alt, caption=caption, x=labels["x"], y=labels["y"], paint=paint)


def iso_value(data: pd.DataFrame, *, currency: str, **told: Unpack[Told]) -> Figure:
    """Lines of equal value over the past. ``data``: recency (weeks), frequency, value; a row per point of the grid."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        grid = data.pivot_table(index="frequency", columns="recency", values="value")
        lines = axes.contour(
            grid.columns, grid.index, grid.to_numpy(), levels=6 if narrow else 8, colors=ACCENT, linewidths=1.4
        )
        axes.clabel(lines, fmt=lambda value: round_money(value, currency).text(language), fontsize=8 if narrow else 9)
        axes.grid(visible=False)
        ticks(axes.xaxis, number, language)
        ticks(axes.yaxis, number, language)

    return figure("iso-value", **told, paint=paint, tall=1.15)


def bars_with_ranges(
    data: pd.DataFrame,
    *,
    name: str,
    highlight: int,
    currency: str,
    **told: Unpack[Told],
) -> Figure:
    """One lying bar per row with its range. ``data``: label (Sentence or Quantity), mean, low, high in currency."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        rows = np.arange(len(data))
        axes.barh(rows, data["mean"], color=[ACCENT if row == highlight else PALE for row in rows], height=0.62)
        reach = np.abs([data["mean"] - data["low"], data["high"] - data["mean"]])
        axes.errorbar(data["mean"], rows, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.3, capsize=3)
        for row, (mean, high) in enumerate(zip(data["mean"], data["high"], strict=True)):
            axes.annotate(
                money(mean, currency).text(language), (max(high, 0.0), row), xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=8 if narrow else 9, color=INK,
            )  # fmt: skip
        names = [legible(label.text(language), LONGEST_LABEL) for label in data["label"]]
        axes.set_yticks(rows, [fill(name, 16 if narrow else 34) for name in names])
        axes.invert_yaxis()
        axes.axvline(0, color=SOFT, linewidth=0.8)
        axes.margins(x=0.05)
        low, high = axes.get_xlim()
        axes.set_xlim(low, high + (high - low) * (0.42 if narrow else 0.2))
        axes.set_xticks([])
        axes.grid(visible=False)

    tall = 0.35 + 0.12 * len(data)
    return figure(name, **told, paint=paint, tall=tall)
