"""Charts of the strategy: what plays earn in segments, profit by budget and by risk, rules against the plan."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any, Unpack

import numpy as np
import pandas as pd

from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, INK, PALE, SOFT, WARN, Figure
from clv_lib.reporting.wording import Language, Quantity, Sentence, money, round_money

Label = Sentence | Quantity


def frontier(
    curve: pd.DataFrame,
    *,
    name: str,
    column: str,
    here: tuple[float, float],
    currency: str,
    labels: dict[str, Sentence],
    **told: Unpack[Told],
) -> Figure:
    """Expected profit along a limit, with its range and where the plan is.

    Parameters
    ----------
    curve : DataFrame
        ``column``, profit, low, high; in currency.
    here : tuple of float
        The plan: its place along the limit, and its expected profit.
    labels : dict
        Sentences ``expected`` and ``plan``.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        rows = curve.sort_values(column)
        axes.fill_between(rows[column], rows["low"], rows["high"], color=ACCENT, alpha=0.14, linewidth=0)
        axes.plot(
            rows[column], rows["profit"], "-o", color=ACCENT, markersize=4, label=labels["expected"].text(language)
        )
        axes.plot(*here, "o", color=WARN, markersize=9, label=labels["plan"].text(language))
        axes.axhline(0, color=SOFT, linewidth=0.8)
        axes.set_xlim(left=min(0.0, float(rows[column].min())))
        axes.locator_params(axis="x", nbins=4 if narrow else 7)
        ticks(axes.xaxis, lambda value: round_money(value, currency), language)
        ticks(axes.yaxis, lambda value: round_money(value, currency), language)
        if narrow:
            axes.tick_params(labelsize=8)
        legend(axes, narrow)

    return figure(name, **told, paint=paint)


def now_and_best(
    data: pd.DataFrame,
    *,
    currency: str,
    labels: dict[str, Sentence],
    **told: Unpack[Told],
) -> Figure:
    """Two bars per way of spending money. ``data``: label, now, best in currency; ``labels``: now, best."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        rows = np.arange(len(data))
        axes.barh(rows - 0.2, data["now"], color=PALE, height=0.38, label=labels["now"].text(language))
        axes.barh(rows + 0.2, data["best"], color=ACCENT, height=0.38, label=labels["best"].text(language))
        for shift, column in ((-0.2, "now"), (0.2, "best")):
            for row, value in enumerate(data[column]):
                axes.annotate(
                    money(value, currency).text(language), (value, row + shift), xytext=(5, 0),
                    textcoords="offset points", va="center", fontsize=8, color=INK,
                )  # fmt: skip
        axes.set_yticks(rows, [fill(label.text(language), 14 if narrow else 30) for label in data["label"]])
        axes.invert_yaxis()
        axes.set_xlim(0, float(max(data["now"].max(), data["best"].max(), 1e-9)) * (1.5 if narrow else 1.22))
        axes.set_xticks([])
        axes.grid(visible=False)
        legend(axes, narrow)

    tall = 0.4 + 0.15 * len(data)
    return figure("acquire_or_keep", **told, paint=paint, tall=tall)


def earnings(
    table: pd.DataFrame,
    *,
    plays: Sequence[Label],
    segments: Sequence[Label],
    currency: str,
    **told: Unpack[Told],
) -> Figure:
    """What each play earns in each segment: a dot, as large as the profit of a contact is far from nothing.

    Parameters
    ----------
    table : DataFrame
        play and segment (numbers into the labels), mean (currency per contact), sure (bool).
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        largest = float(table["mean"].abs().max()) or 1.0
        size = (60 if narrow else 220) * np.sqrt(table["mean"].abs() / largest) + 4
        earns = (table["mean"] > 0).to_numpy()
        sure = table["sure"].to_numpy(dtype=bool)
        for mask, colour, filled in (
            (earns & sure, ACCENT, True),
            (earns & ~sure, ACCENT, False),
            (~earns, WARN, False),
        ):
            axes.scatter(
                table["segment"][mask], table["play"][mask], s=size[mask], color=colour if filled else "none",
                edgecolors=colour, linewidths=1.2,
            )  # fmt: skip
        axes.set_yticks(range(len(plays)), [fill(each.text(language), 18 if narrow else 40) for each in plays])
        axes.set_xticks(
            range(len(segments)), [each.text(language) for each in segments], rotation=60 if narrow else 35, ha="right"
        )
        axes.tick_params(labelsize=7 if narrow else 9)
        axes.invert_yaxis()
        axes.set_xlim(-0.6, len(segments) - 0.4)
        axes.grid(visible=True, axis="both")

    tall = 0.5 + 0.085 * len(plays)
    return figure("earnings", **told, paint=paint, tall=tall)
