"""Charts of the page on coming back: cohorts stacked, shares with intervals, triangles, the bridge."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, BAD, INK, PALE, SOFT, WARN, Figure
from clv_lib.reporting.wording import Language, Quantity, Sentence, count, number, round_money, share

Label = Quantity | Sentence
MOST_LABELS = (12, 4)  # below an axis, on a desk and on a phone
MOST_WRITTEN = (12, 6)  # columns of a triangle whose cells can hold their number
SHORT_LABEL = 10  # characters of a name of which six stand side by side
PALEST, DARKEST = 0.22, 1.0


def below(axes: Any, labels: Sequence[Label], language: Language, narrow: bool) -> None:
    """Name positions 0, 1, … on the horizontal axis, leaving names out where they would touch."""
    step = max(1, -(-len(labels) // MOST_LABELS[narrow]))
    axes.set_xticks(range(0, len(labels), step), [label.text(language) for label in labels[::step]])


def shares_with_intervals(
    data: pd.DataFrame,
    *,
    name: str,
    labels: Sequence[Label],
    line: tuple[float, float] | None = None,
    **told: Unpack[Told],
) -> Figure:
    """A point with its range per group, in order of time.

    Parameters
    ----------
    data : DataFrame
        share, low, high, and in_trend where not all points are.
    line : tuple of float, optional
        The two ends of a trend through the points that are in it.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        at = np.arange(len(data))
        there = data["share"].notna().to_numpy()
        shown = data[there]
        reach = np.abs([shown["share"] - shown["low"], shown["high"] - shown["share"]])
        axes.errorbar(
            at[there], shown["share"], yerr=reach, fmt="o", color=ACCENT, markersize=5, elinewidth=1.5, capsize=3
        )
        if line is not None:
            among = there & data.get("in_trend", pd.Series(True, index=data.index)).to_numpy(dtype=bool)
            axes.plot(at[among][[0, -1]], line, color=SOFT, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.set_xlim(-0.6, len(data) - 0.4)
        top = float(shown["high"].max()) if len(shown) else 1.0
        axes.set_ylim(0, min(1.0, top * 1.15))
        below(axes, labels, language, narrow)
        ticks(axes.yaxis, share, language)

    return figure(name, **told, paint=paint)


def curve_with_band(
    data: pd.DataFrame,
    *,
    name: str,
    mark: float | None = None,
    steps: bool = False,
    **told: Unpack[Told],
) -> Figure:
    """A share over time with its interval. ``data``: at, share, low, high; ``mark``: a moment to point at."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        how = "post" if steps else None
        drawn = {"drawstyle": "steps-post"} if steps else {"marker": "o", "markersize": 4}
        axes.fill_between(data["at"], data["low"], data["high"], color=ACCENT, alpha=0.18, linewidth=0, step=how)
        axes.plot(data["at"], data["share"], color=ACCENT, **drawn)
        if mark is not None:
            axes.axvline(mark, color=WARN, linewidth=1)
        axes.set_xlim(0, max(float(data["at"].max()), 1.0))
        axes.set_ylim(0, min(1.0, float(data["high"].max()) * 1.08))
        ticks(axes.xaxis, number, language)
        ticks(axes.yaxis, share, language)

    return figure(name, **told, paint=paint)


def stacked_cohorts(
    data: pd.DataFrame,
    *,
    labels: Sequence[Label],
    groups: Sequence[Label],
    currency: str,
    **told: Unpack[Told],
) -> Figure:
    """Revenue by period, stacked by cohort, the oldest at the bottom; ``data``: a row per period, a column each."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        at, floor = np.arange(len(data)), np.zeros(len(data))
        shades = np.linspace(DARKEST, PALEST, max(data.shape[1], 2))
        for column, label, shade in zip(data.columns, groups, shades, strict=False):
            height = data[column].to_numpy(dtype=float)
            axes.bar(
                at, height, bottom=floor, color=ACCENT, alpha=float(shade), width=0.82, label=label.text(language),
                edgecolor="none",
            )  # fmt: skip
            floor = floor + height
        below(axes, labels, language, narrow)
        ticks(axes.yaxis, lambda value: round_money(value, currency), language)
        short = max(len(label.text(language)) for label in groups) <= SHORT_LABEL
        columns = (3 if short else 1) if narrow else (6 if short else 3)
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.1), ncols=columns, borderaxespad=0, handlelength=1.0,
            columnspacing=1.2,
        )  # fmt: skip

    return figure("c3", **told, paint=paint, tall=1.15)


def triangle(
    data: pd.DataFrame,
    *,
    name: str,
    labels: Sequence[Label],
    write: Callable[[float], Quantity] = share,
    columns: Sequence[Label] | None = None,
    **told: Unpack[Told],
) -> Figure:
    """Cells shaded by their number, a row per cohort and a column per age; what is not observed stays empty."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        from matplotlib.patches import Rectangle

        values = data.to_numpy(dtype=float)
        low, high = np.nanmin(values), np.nanmax(values)
        written = data.shape[1] <= MOST_WRITTEN[narrow]
        for (row, column), value in np.ndenumerate(values):
            if not np.isfinite(value):
                continue
            depth = 0.08 + 0.5 * (value - low) / max(high - low, 1e-12)
            axes.add_patch(
                Rectangle((column - 0.47, row - 0.44), 0.94, 0.88, facecolor=ACCENT, alpha=depth, linewidth=0)
            )
            if written:
                axes.annotate(
                    write(value).text(language).replace("\u00a0%", ""), (column, row), ha="center", va="center",
                    fontsize=9, color=INK,
                )  # fmt: skip
        axes.set_xlim(-0.6, data.shape[1] - 0.4)
        axes.set_ylim(len(data) - 0.4, -0.6)
        axes.grid(visible=False)
        step = max(1, -(-data.shape[1] // (6 if narrow else 18)))
        ages = list(columns) if columns is not None else [count(int(age)) for age in data.columns.to_numpy()]
        axes.set_xticks(range(0, data.shape[1], step), [age.text(language) for age in ages[::step]])
        axes.set_yticks(range(len(data)), [label.text(language) for label in labels])
        axes.tick_params(axis="y", labelsize=9)

    return figure(name, **told, paint=paint, tall=max(0.5, 0.25 + 0.085 * len(data)))


def moves(
    data: pd.DataFrame,
    *,
    name: str,
    ups: Sequence[tuple[str, Sentence]],
    downs: Sequence[tuple[str, Sentence]],
    labels: Sequence[Label],
    write: Callable[[float], Quantity],
    **told: Unpack[Told],
) -> Figure:
    """What came in above the line and what went out below it, period by period. ``data``: a column per part."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        at = np.arange(len(data))
        for parts, sign, colours in ((ups, 1, (ACCENT, PALE, SOFT)), (downs, -1, (WARN, BAD))):
            floor = np.zeros(len(data))
            for (column, label), colour in zip(parts, colours, strict=False):
                height = sign * data[column].to_numpy(dtype=float)
                if not height.any():
                    continue  # a part that never occurs would only explain a colour that nobody sees
                axes.bar(at, height, bottom=floor, color=colour, width=0.74, label=label.text(language))
                floor = floor + height
        axes.axhline(0, color=SOFT, linewidth=0.8)
        below(axes, labels, language, narrow)
        ticks(axes.yaxis, write, language)
        legend(axes, narrow)

    return figure(name, **told, paint=paint)
