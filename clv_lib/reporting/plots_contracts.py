"""Charts of the page on the value of members: who stays, forecast and seen."""

from typing import Any

import pandas as pd

from clv_lib.reporting.charting import figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, INK, PALE, SOFT, WARN, Figure
from clv_lib.reporting.wording import Language, Sentence, number, share


def survival(
    curve: pd.DataFrame,
    *,
    title: Sentence,
    alt: Sentence,
    caption: Sentence,
    labels: dict[str, Sentence],
) -> Figure:
    """Share still there after each renewal: seen, and by the fitted model beyond what was seen.

    Parameters
    ----------
    curve : DataFrame
        renewals, seen (NaN where it has not been), expected, low, high.
    labels : dict
        Sentences ``x``, ``y``, ``seen``, ``expected``.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        t = curve["renewals"]
        axes.bar(t, curve["seen"], color=PALE, width=0.78, label=labels["seen"].text(language))
        axes.fill_between(t, curve["low"], curve["high"], color=ACCENT, alpha=0.2, linewidth=0)
        axes.plot(t, curve["expected"], color=ACCENT, label=labels["expected"].text(language))
        axes.set_ylim(0, 1)
        ticks(axes.xaxis, number, language)
        ticks(axes.yaxis, share, language)
        legend(axes, narrow)

    return figure(
        "survival", title=title, alt=alt, caption=caption, x=labels["x"], y=labels["y"], paint=paint, tall=1.15
    )


def staying(
    curve: pd.DataFrame,
    *,
    name: str,
    fitted: int,
    title: Sentence,
    alt: Sentence,
    caption: Sentence,
    labels: dict[str, Sentence],
) -> Figure:
    """Share of members still there after each renewal: seen, forecast from the first ones, and by rules of thumb.

    Parameters
    ----------
    curve : DataFrame
        renewals, seen, expected, low, high, linear, exponential.
    fitted : int
        Last renewal that the model had seen.
    labels : dict
        Sentences ``x``, ``y``, ``seen``, ``expected``, ``linear``, ``exponential``, ``split``.
    """

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        t = curve["renewals"]
        axes.bar(t, curve["seen"], color=PALE, width=0.78, label=labels["seen"].text(language))
        for rival, dash in (("linear", (0, (1, 1.5))), ("exponential", (0, (4, 2)))):
            axes.plot(
                t, curve[rival].clip(lower=0), color=SOFT, linewidth=1.2, linestyle=dash,
                label=labels[rival].text(language),
            )  # fmt: skip
        axes.fill_between(t, curve["low"], curve["high"], color=ACCENT, alpha=0.2, linewidth=0)
        axes.plot(t, curve["expected"], color=ACCENT, label=labels["expected"].text(language))
        axes.axvline(fitted + 0.5, color=WARN, linewidth=1)
        axes.annotate(
            labels["split"].text(language), (fitted + 0.5, 1), xycoords=("data", "axes fraction"), xytext=(5, -10),
            textcoords="offset points", color=INK, fontsize=8 if narrow else 9,
        )  # fmt: skip
        axes.set_ylim(0, 1)
        ticks(axes.xaxis, number, language)
        ticks(axes.yaxis, share, language)
        legend(axes, narrow)

    return figure(name, title=title, alt=alt, caption=caption, x=labels["x"], y=labels["y"], paint=paint, tall=1.15)
