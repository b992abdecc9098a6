"""Charts of what customers gain and give up. Each takes tidy data and answers one question."""

import textwrap
from collections.abc import Callable, Iterator
from typing import Any, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, INK, PALE, SOFT, WARN, Figure
from clv_lib.reporting.wording import Language, Quantity, Sentence, legible, number, share

Label = Quantity | Sentence
LEAST_HEIGHT = 0.75
ROWS_PER_HEIGHT = 9  # bars that fit one chart of usual height


def _height(rows: int) -> float:
    return max(LEAST_HEIGHT, (rows + 2) / ROWS_PER_HEIGHT)


def _rows(data: pd.DataFrame) -> Iterator[Any]:
    return data.itertuples(index=False)


def axis_labels(labels: list[Label], language: Language, narrow: bool) -> list[str]:
    """Names beside an axis: broken into lines, and cut where a name has no end."""
    width = 16 if narrow else 26
    texts = [legible(label.text(language), 3 * width) for label in labels]
    # a third line would run into the neighbour's
    return ["\n".join(textwrap.wrap(text, width, max_lines=2, placeholder="…")) for text in texts]


def effects(
    data: pd.DataFrame,
    *,
    gained: Sentence,
    given: Sentence,
    **told: Unpack[Told],
) -> Figure:
    """Bars to the right for what customers gain, to the left for what they give up.

    Parameters
    ----------
    data : DataFrame
        label (quantity or sentence), effect, low, high (points), in the order from top to bottom.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        positions = np.arange(len(data))[::-1]
        good = data["effect"].to_numpy() >= 0
        for where, colour, name in ((good, ACCENT, gained), (~good, WARN, given)):
            axes.barh(
                positions[where],
                data["effect"][where],
                color=colour,
                height=0.66,
                alpha=0.85,
                label=name.text(language),
            )
        _whiskers(axes, data["effect"], data["low"], data["high"], positions, color=INK, fmt="none")
        axes.axvline(0, color=SOFT, linewidth=1)
        axes.set_yticks(positions, axis_labels(list(data["label"]), language, narrow))
        _sideways(axes)
        ticks(axes.xaxis, lambda value: number(value, 1), language)
        legend(axes, narrow)

    return figure("effects", **told, paint=paint, tall=_height(len(data)))


def importance_map(data: pd.DataFrame, **told: Unpack[Told]) -> Figure:
    """Items by how well they do (across) and how much they matter (up); those to mend stand out.

    Parameters
    ----------
    data : DataFrame
        label, gap, gap_low, gap_high (points), times_even, times_low, times_high (importance against an even share),
        mend (bool).
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        axes.axhline(1, color=SOFT, linewidth=1)
        axes.axvline(0, color=SOFT, linewidth=1)
        texts = axis_labels(list(data["label"]), language, narrow)
        for row in _rows(data):
            colour = WARN if row.mend else ACCENT
            axes.plot([row.gap_low, row.gap_high], [row.times_even] * 2, color=colour, linewidth=1, alpha=0.5)
            axes.plot([row.gap] * 2, [row.times_low, row.times_high], color=colour, linewidth=1, alpha=0.5)
            axes.plot([row.gap], [row.times_even], marker="o", markersize=6, color=colour)
        axes.margins(x=0.22 if narrow else 0.14, y=0.16)
        size = 8 if narrow else 9
        for row, text, place in zip(_rows(data), texts, _places(axes, data, texts, size), strict=True):
            if place is not None:
                axes.annotate(
                    text, (row.gap, row.times_even), xytext=place, textcoords="offset points", color=INK,
                    fontsize=size, fontweight="bold" if row.mend else "normal",
                )  # fmt: skip
        ticks(axes.xaxis, lambda value: number(value, 1), language)
        ticks(axes.yaxis, lambda value: number(value, 1), language)

    return figure("importance", **told, paint=paint, tall=1.3)


def _places(axes: Any, data: pd.DataFrame, texts: list[str], size: float) -> list[tuple[float, float] | None]:
    """Where each name goes, in points from its mark, so that no two overlap; None where there is no room.

    Names of items to mend are placed first and always; the table below the chart holds them all.
    """
    width, height = (72 * 0.88 * inches for inches in axes.figure.get_size_inches())
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    x = ((data["gap"] - left) / (right - left) * width).to_numpy()
    y = ((data["times_even"] - bottom) / (top - bottom) * height).to_numpy()
    taken = [(a - 3, b - 3, a + 3, b + 3) for a, b in zip(x, y, strict=True)]
    places: list[tuple[float, float] | None] = [None] * len(texts)
    for index in sorted(range(len(texts)), key=lambda i: (not data["mend"].iloc[i], -y[i])):
        lines = texts[index].split("\n")
        wide, tall = 0.62 * size * max(map(len, lines)), 1.25 * size * len(lines)
        choices = [(5.0, 3.0), (5.0, -3.0 - tall), (-5.0 - wide, 3.0), (-5.0 - wide, -3.0 - tall)]
        boxes = [(x[index] + dx, y[index] + dy, x[index] + dx + wide, y[index] + dy + tall) for dx, dy in choices]
        free = [n for n, box in enumerate(boxes) if box[0] > 0 and not any(_overlap(box, other) for other in taken)]
        if free or data["mend"].iloc[index]:
            best = free[0] if free else 0
            places[index] = choices[best]
            taken.append(boxes[best])
    return places


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def group_intervals(
    data: pd.DataFrame,
    *,
    name: str,
    whole: float,
    write: Callable[[float], Quantity] = lambda value: number(value, 1),
    **told: Unpack[Told],
) -> Figure:
    """A point with its range per group, and a line at the mean of all.

    Parameters
    ----------
    data : DataFrame
        label, mean, low, high, few (bool: drawn hollow).
    whole : float
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        positions = np.arange(len(data))[::-1]
        axes.axvline(whole, color=SOFT, linewidth=1, linestyle=(0, (2, 1.5)))
        for position, row in zip(positions, _rows(data), strict=True):
            axes.plot([row.low, row.high], [position] * 2, color=PALE if row.few else ACCENT, linewidth=3)
            axes.plot(
                [row.mean],
                [position],
                marker="o",
                markersize=6,
                color=ACCENT,
                markerfacecolor="none" if row.few else ACCENT,
            )
        axes.set_yticks(positions, axis_labels(list(data["label"]), language, narrow))
        axes.set_ylim(-0.6, len(data) - 0.4)
        _sideways(axes)
        ticks(axes.xaxis, write, language)

    return figure(name, **told, paint=paint, tall=_height(len(data)))


def shares_with_ranges(data: pd.DataFrame, *, name: str, **told: Unpack[Told]) -> Figure:
    """A bar per group for a share, with its range. ``data``: label (quantity or sentence); share, low, high."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        positions = np.arange(len(data))
        colours = [PALE] * (len(data) - 1) + [ACCENT]
        axes.bar(positions, data["share"], color=colours, width=0.66)
        spread = np.abs([data["share"] - data["low"], data["high"] - data["share"]])
        axes.errorbar(positions, data["share"], yerr=spread, fmt="none", ecolor=INK, elinewidth=1.3, capsize=3)
        for position, row in zip(positions, _rows(data), strict=True):
            axes.annotate(
                share(row.share).text(language), (position, row.high), xytext=(0, 4), textcoords="offset points",
                ha="center", color=INK,
            )  # fmt: skip
        axes.set_xticks(positions, axis_labels(list(data["label"]), language, narrow))
        axes.set_ylim(0, float(data["high"].max()) * 1.15)
        axes.set_yticks([mark for mark in axes.get_yticks() if 0 <= mark <= 1])
        ticks(axes.yaxis, share, language)

    return figure(name, **told, paint=paint)


def _whiskers(axes: Any, middle: Any, low: Any, high: Any, positions: Any, *, color: str, fmt: str) -> None:
    # the posterior's mean may lie outside a very skewed interval; a negative length is an error to matplotlib
    reach = np.clip([middle - low, high - middle], 0, None)
    axes.errorbar(middle, positions, xerr=reach, fmt=fmt, ecolor=color, elinewidth=1.2, capsize=2.5)


def _sideways(axes: Any) -> None:
    """Lines of the grid follow the axis that carries the values."""
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
