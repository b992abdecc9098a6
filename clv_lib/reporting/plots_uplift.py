"""The chart of what plays do: believed before any campaign, and now."""

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, PALE, SOFT, Figure
from clv_lib.reporting.plots_costs import short
from clv_lib.reporting.wording import Language, Quantity, Sentence, say, share


def before_and_now(
    table: pd.DataFrame,
    titles: Mapping[str, Sentence | Quantity],
    **told: Unpack[Told],
) -> Figure:
    """One line per play. ``table``: play, before, before_low, before_high, mean, low, high."""
    before, now = say("before any campaign"), say("now")

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        places = np.arange(len(table))[::-1].astype(float)
        axes.axvline(0, color=SOFT, linewidth=1)
        for shift, colour, mean, low, high, label in (
            (0.16, PALE, "before", "before_low", "before_high", before),
            (-0.16, ACCENT, "mean", "low", "high", now),
        ):
            axes.hlines(places + shift, table[low], table[high], color=colour, linewidth=5)
            axes.plot(table[mean], places + shift, "o", color=colour, markersize=9, label=label.text(language))
        names = [titles[name].text(language) for name in table["play"]]
        axes.set_yticks(places, [short(name) if narrow else name for name in names])
        axes.set_ylim(-0.6, len(table) - 0.4)
        axes.grid(visible=False)
        axes.grid(visible=True, axis="x")
        ticks(axes.xaxis, share, language)
        legend(axes, narrow)

    tall = 0.45 + 0.14 * len(table)
    return figure("uplift", **told, paint=paint, tall=tall)
