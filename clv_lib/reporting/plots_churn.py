"""Charts of the page on warnings: promised against happened, methods compared, risks over the last months."""

from typing import Any, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, INK, PALE, SOFT, WARN, Figure
from clv_lib.reporting.plots_costs import short
from clv_lib.reporting.wording import Language, Sentence, month, share

SHOWN = 12  # lines that fit on one chart


def promised(
    tenths: pd.DataFrame,
    *,
    exact: Sentence,
    **told: Unpack[Told],
) -> Figure:
    """What each tenth of the risk was promised, and what it did. ``tenths``: predicted, happened."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=(0, (2, 1.5)), label=exact.text(language))
        axes.plot(tenths["predicted"], tenths["happened"], "o", color=ACCENT, markersize=7)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        ticks(axes.xaxis, share, language)
        ticks(axes.yaxis, share, language)
        legend(axes, narrow)

    return figure("promised", paint=paint, **told)


def risks_over_time(past: pd.DataFrame, **told: Unpack[Told]) -> Figure:
    """One small row per customer, its risk from month to month. ``past``: customers (rows) by day (columns)."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        rows, days = past.head(SHOWN), [pd.Timestamp(day).date() for day in past.columns]
        places = np.arange(len(days))
        for number, (name, values) in enumerate(rows.iterrows()):
            base = len(rows) - 1 - number
            line = values.to_numpy(dtype=float)
            axes.plot(places, base + 0.8 * line, color=ACCENT, linewidth=1.6)
            axes.plot(places[-1], base + 0.8 * line[-1], "o", color=WARN, markersize=4)
            axes.axhline(base, color=PALE, linewidth=0.8)
            axes.annotate(
                share(line[-1]).text(language), (places[-1], base + 0.8 * line[-1]), xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=8, color=INK,
            )  # fmt: skip
            axes.annotate(
                short(str(name)), (0, base + 0.35), xytext=(-8, 0), textcoords="offset points", va="center", ha="right",
                fontsize=8, color=INK,
            )  # fmt: skip
        step = 2 if narrow else 1
        axes.set_xticks(places[::step], [month(day).text(language) for day in days[::step]])
        axes.set_yticks([])
        axes.set_xlim(-0.1, len(days) - 0.4)
        axes.grid(visible=False)

    tall = 0.35 + 0.1 * min(len(past), SHOWN)
    return figure("past_risks", **told, paint=paint, tall=tall)
