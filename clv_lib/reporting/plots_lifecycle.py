"""Charts of the page on the lifecycle: sizes over time, movements as a table of shades, the months to come."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, Final, Unpack

import numpy as np
import pandas as pd

from clv_lib.names import LIFECYCLE_STAGE, LIFECYCLE_STAGES
from clv_lib.periods import month_of_number
from clv_lib.reporting.charting import Told, figure, ticks
from clv_lib.reporting.elements import ACCENT, BAD, INK, LINE, PALE, SOFT, WARN, Figure
from clv_lib.reporting.wording import Language, Sentence, count, month, share

COLOURS: Final = {  # by role: those who come, those who stay, those who bring, those who go silent
    "acquisition": (PALE, 1.0),
    "activation": (ACCENT, 0.45),
    "retention": (ACCENT, 0.7),
    "loyalty": (ACCENT, 1.0),
    "referral": (SOFT, 0.9),
    "reactivated": (SOFT, 0.5),
    "at_risk": (WARN, 0.8),
    "dormant": (LINE, 1.0),
}


def sizes(
    monthly: pd.DataFrame,
    *,
    labels: Mapping[str, Sentence],
    **told: Unpack[Told],
) -> Figure:
    """Customers per stage at each month's end, one on the other. ``monthly``: month numbers, a column per stage."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        below = np.zeros(len(monthly))
        places = np.arange(len(monthly))
        for stage, (colour, alpha) in COLOURS.items():
            own = monthly[stage].to_numpy(float)
            if not own.any():
                continue
            axes.fill_between(
                places, below, below + own, color=colour, alpha=alpha, linewidth=0, label=labels[stage].text(language)
            )
            below = below + own
        step = max(1, -(-len(monthly) // (4 if narrow else 9)))
        axes.set_xticks(places[::step])
        axes.set_xticklabels([month(month_of_number(int(n))).text(language) for n in monthly.index[::step]])
        axes.set_xlim(0, max(len(monthly) - 1, 1))
        ticks(axes.yaxis, count, language)
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.1), ncols=2 if narrow else 4, borderaxespad=0, handlelength=1.2,
            fontsize=8 if narrow else 9,
        )  # fmt: skip

    return figure("stage-sizes", **told, paint=paint, tall=1.25)


def movements(
    chances: np.ndarray,
    *,
    rows: Sequence[Sentence],
    columns: Sequence[Sentence],
    **told: Unpack[Told],
) -> Figure:
    """Chances to be in a stage a month later: darker is likelier. NaN leaves a field empty."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        from matplotlib.colors import LinearSegmentedColormap, to_rgba

        shades = LinearSegmentedColormap.from_list("shade", [to_rgba(ACCENT, 0.0), to_rgba(ACCENT, 0.55)])
        axes.pcolormesh(np.nan_to_num(chances)[::-1], cmap=shades, vmin=0, vmax=1, linewidth=0)
        for (row, column), value in np.ndenumerate(chances):
            if np.isfinite(value) and value >= 0.005:
                axes.annotate(
                    share(value).text(language), (column + 0.5, len(chances) - row - 0.5), ha="center", va="center",
                    fontsize=6 if narrow else 9, color=INK,
                )  # fmt: skip
        size = 7 if narrow else 9
        axes.set_xticks(np.arange(len(columns)) + 0.5)
        axes.set_xticklabels([each.text(language) for each in columns], rotation=60 if narrow else 30, ha="right")
        axes.set_yticks(np.arange(len(rows)) + 0.5)
        axes.set_yticklabels([fill(each.text(language), 14) for each in rows][::-1])
        axes.tick_params(labelsize=size)
        axes.grid(visible=False)

    return figure("stage-movements", **told, paint=paint, tall=1.35)


def projection(
    table: pd.DataFrame,
    monthly: pd.DataFrame,
    *,
    labels: Mapping[str, Sentence],
    title: Sentence,
    alt: Sentence,
    caption: Sentence,
    x: Sentence,
    y: Sentence,
    past: int = 12,
) -> Figure:
    """A small chart per stage that holds anybody: the last months as they were, and the band of those to come."""

    def draw(language: Language, narrow: bool) -> Any:
        import seaborn as sns
        from matplotlib import pyplot as plt

        shown = [stage for stage in LIFECYCLE_STAGES if _held(stage, table, monthly)]
        across = min(2 if narrow else 4, len(shown))
        down = -(-len(shown) // across)
        shape = (4.0, 1.45 * down) if narrow else (8.6, 2.1 * down)
        with sns.axes_style("white"), plt.rc_context({"font.size": 9, "text.parse_math": False, "text.color": INK}):
            drawing, panels = plt.subplots(
                down, across, figsize=shape, layout="constrained", sharex=True, squeeze=False
            )
            for axes in panels.ravel()[len(shown) :]:
                axes.set_visible(False)
            for axes, stage in zip(panels.ravel(), shown, strict=False):
                own = table[table[LIFECYCLE_STAGE] == stage]
                seen = monthly[stage].to_numpy(float)[-past - 1 :]
                axes.fill_between(own["ahead"], own["low"], own["high"], color=ACCENT, alpha=0.2, linewidth=0)
                axes.plot(own["ahead"], own["mean"], color=ACCENT, linewidth=1.6)
                axes.plot(np.arange(len(seen)) - len(seen) + 1, seen, color=INK, linewidth=1.4)
                axes.axvline(0, color=BAD if stage in ("at_risk", "dormant") else SOFT, linewidth=0.7)
                axes.set_ylim(0, max(float(own["high"].max()), seen.max(initial=1.0)) * 1.1)
                axes.set_title(labels[stage].text(language), loc="left", fontsize=9, color=INK)
                axes.tick_params(labelsize=8, colors=SOFT, length=0)
                axes.grid(visible=True, axis="y", color=LINE, linewidth=0.7)
                axes.locator_params(axis="y", nbins=3)
                ticks(axes.yaxis, count, language)
                for side in ("top", "right", "left"):
                    axes.spines[side].set_visible(False)
                axes.spines["bottom"].set_color(LINE)
            drawing.supxlabel(x.text(language), fontsize=9, color=SOFT)
            drawing.suptitle(y.text(language), fontsize=9, color=SOFT, x=0.01, ha="left")
        return drawing

    return Figure(name="stage-projection", title=title, alt=alt, caption=caption, draw=draw)


def _held(stage: str, table: pd.DataFrame, monthly: pd.DataFrame) -> bool:
    """Whether a stage had anybody, or is expected to hold one customer at least."""
    return bool(monthly[stage].any() or (table.loc[table[LIFECYCLE_STAGE] == stage, "mean"] >= 1).any())
