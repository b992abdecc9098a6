"""Charts of the page on segments: heads against profit, RFM as a table of shades."""

from collections.abc import Sequence
from typing import Any, Final, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, INK, PALE, Figure
from clv_lib.reporting.wording import Language, Sentence, money, share

SMALL: Final = 0.0095  # a share that whole percents would call 0 or hardly more


def heads_and_profit(
    table: pd.DataFrame,
    *,
    labels: Sequence[Sentence],
    heads: Sentence,
    profit: Sentence,
    **told: Unpack[Told],
) -> Figure:
    """Two bars per segment. ``table``: heads and profit, shares of all; the first row on top."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        places = np.arange(len(table))[::-1]
        for shift, column, colour, label in ((0.2, "heads", PALE, heads), (-0.2, "profit", ACCENT, profit)):
            values = table[column].to_numpy(float)
            axes.barh(places + shift, values, height=0.38, color=colour, label=label.text(language))
            for place, value in zip(places + shift, values, strict=True):
                text = share(value, 1 if value < SMALL else 0).text(language)
                axes.annotate(
                    text, (max(value, 0.0), place), xytext=(4, 0), textcoords="offset points", va="center",
                    fontsize=7 if narrow else 9, color=INK,
                )  # fmt: skip
        axes.set_yticks(places, [each.text(language) for each in labels], fontsize=8 if narrow else 10)
        axes.set_xlim(min(0.0, float(table.min().min())), float(table.max().max()) * 1.15)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        ticks(axes.xaxis, share, language)
        legend(axes, narrow)

    tall = 0.45 + 0.11 * len(table)
    return figure("segment-profit", **told, paint=paint, tall=tall)


def rfm_grid(grid: np.ndarray, *, currency: str, **told: Unpack[Told]) -> Figure:
    """Mean value by the figures of recency (rows, 5 on top) and frequency (columns). NaN leaves a field empty."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        from matplotlib.colors import LinearSegmentedColormap, to_rgba

        shades = LinearSegmentedColormap.from_list("shade", [to_rgba(ACCENT, 0.0), to_rgba(ACCENT, 0.55)])
        most = float(np.nanmax(grid)) if np.isfinite(grid).any() else 1.0
        axes.pcolormesh(np.sqrt(np.clip(np.nan_to_num(grid), 0, None))[::-1], cmap=shades, vmin=0, vmax=most**0.5 or 1)
        for (row, column), value in np.ndenumerate(grid):
            if np.isfinite(value):
                axes.annotate(
                    money(value, currency).text(language).replace(" ", "\n", 1) if narrow
                    else money(value, currency).text(language),
                    (column + 0.5, len(grid) - row - 0.5), ha="center", va="center", fontsize=6 if narrow else 9,
                    color=INK,
                )  # fmt: skip
        axes.set_xticks(np.arange(5) + 0.5, ["1", "2", "3", "4", "5"])
        axes.set_yticks(np.arange(5) + 0.5, ["1", "2", "3", "4", "5"])
        axes.grid(visible=False)

    return figure("rfm-grid", **told, paint=paint, tall=1.1)
