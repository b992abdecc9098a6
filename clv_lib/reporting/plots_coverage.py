"""Charts of what is held, and of how customers buy."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Unpack

import numpy as np
import pandas as pd
from babel.numbers import format_compact_decimal

from clv_lib.reporting.charting import Told, figure, ticks
from clv_lib.reporting.elements import ACCENT, INK, SOFT, Figure
from clv_lib.reporting.plots_gains import Label, axis_labels
from clv_lib.reporting.wording import Language, Quantity, month, number, share

MOST_COLUMNS: Final = (13, 5)  # cells side by side that a desk and a phone can show with their text
STEPS: Final = (1, 3, 6, 12, 24, 60, 120)  # months that one cell may hold
PALEST, DARKEST = 0.10, 0.45  # darker cells would swallow their text


def months_per_cell(months: int, narrow: bool) -> int:
    """Months that one cell of the matrix must hold so that its text can be read."""
    fits = [step for step in STEPS if -(-months // step) <= MOST_COLUMNS[narrow]]
    return fits[0] if fits else -(-months // MOST_COLUMNS[narrow])


def heat_matrix(
    data: pd.DataFrame,
    *,
    labels: Sequence[Label],
    **told: Unpack[Told],
) -> Figure:
    """Rows per source and month, written into the cells; an empty cell says so.

    Parameters
    ----------
    data : DataFrame
        A row per source, a column per month (first day), rows held. Months are drawn together where they are too many
        for their text.
    labels : sequence of Quantity or Sentence
        Names of the sources.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        step = months_per_cell(data.shape[1], narrow)
        starts = range(0, data.shape[1], step)
        cells = np.column_stack([data.to_numpy()[:, start : start + step].sum(axis=1) for start in starts])
        largest = np.maximum(cells.max(axis=1, keepdims=True), 1)
        for (row, column), rows in np.ndenumerate(cells):
            if rows:
                depth = PALEST + (DARKEST - PALEST) * rows / largest[row, 0]
                axes.add_patch(_cell(column, row, facecolor=ACCENT, alpha=depth, linewidth=0))
            axes.annotate(
                _short(float(rows), language) if rows else "–", (column, row), ha="center", va="center",
                fontsize=8, color=INK if rows else SOFT,
            )  # fmt: skip
        axes.set_xlim(-0.5, cells.shape[1] - 0.5)
        axes.set_ylim(cells.shape[0] - 0.5, -0.5)
        axes.set_yticks(range(len(labels)), axis_labels(list(labels), language, narrow))
        every = 2 if not narrow and cells.shape[1] > 7 else 1
        axes.set_xticks(range(0, cells.shape[1], every))
        days = [pd.Timestamp(data.columns[start]).date() for start in starts][::every]
        axes.set_xticklabels([month(day).text(language) for day in days], fontsize=8 if narrow else 9)
        axes.grid(visible=False)

    return figure("coverage", **told, paint=paint, tall=max(0.6, (len(data) + 2) / 9))


def _cell(column: int, row: int, **look: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, **look)


def _short(rows: float, language: Language) -> str:
    return format_compact_decimal(rows, format_type="short", locale=language, fraction_digits=1 if rows >= 1000 else 0)


def share_bars(
    data: pd.DataFrame,
    *,
    name: str,
    write: Callable[[float], Quantity] = share,
    **told: Unpack[Told],
) -> Figure:
    """Bars across, each with its value. ``data``: label (quantity or sentence), share."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        positions = np.arange(len(data))[::-1]
        axes.barh(positions, data["share"], color=ACCENT, height=0.66, alpha=0.85)
        for position, value in zip(positions, data["share"], strict=True):
            axes.annotate(
                write(value).text(language), (value, position), xytext=(4, 0), textcoords="offset points",
                va="center", color=INK, fontsize=9,
            )  # fmt: skip
        axes.set_yticks(positions, axis_labels(list(data["label"]), language, narrow))
        axes.set_xlim(0, max(float(data["share"].max()), 1e-9) * 1.22)
        axes.set_xticks([])
        axes.grid(visible=False)

    return figure(name, **told, paint=paint, tall=max(0.6, (len(data) + 2) / 9))


def gap_bars(data: pd.DataFrame, **told: Unpack[Told]) -> Figure:
    """Share of returns by days since the purchase before. ``data``: upto (days, infinite last), share."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        positions = np.arange(len(data))
        axes.bar(positions, data["share"], color=ACCENT, width=0.78, alpha=0.85)
        ends = data["upto"].to_numpy()
        names = [f"≤ {number(end).text(language)}" for end in ends[:-1]] + [f"> {number(ends[-2]).text(language)}"]
        axes.set_xticks(positions, names, fontsize=7.5 if narrow else 10)
        ticks(axes.yaxis, share, language)

    return figure("gaps", **told, paint=paint)
