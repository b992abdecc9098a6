"""Charts of the page on customers' voice: scores over time, friction along the journey, themes, before and after."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Unpack, cast

import numpy as np
import pandas as pd

from clv_lib.periods import month_of_number
from clv_lib.reporting.charting import Told, figure, legend, ticks
from clv_lib.reporting.elements import ACCENT, BAD, INK, LINE, PALE, SOFT, Figure
from clv_lib.reporting.plots_gains import Label, axis_labels
from clv_lib.reporting.wording import Language, Quantity, Sentence, count, money, month

Write = Callable[[float], Quantity]
_STYLE: dict[str, Any] = {"font.size": 9, "text.parse_math": False, "text.color": INK}


def over_time(
    table: pd.DataFrame,
    *,
    names: Mapping[str, Sentence],
    writes: Mapping[str, Write],
    marked: date | None,
    title: Sentence,
    alt: Sentence,
    caption: Sentence,
    x: Sentence,
) -> Figure:
    """A small chart per question, one below the other: the score of every month with its range.

    Parameters
    ----------
    table : DataFrame
        instrument, month_number, score, low, high.
    marked : date or None
        Month that is drawn in the colour of care.
    """

    def draw(language: Language, narrow: bool) -> Any:
        import seaborn as sns
        from matplotlib import pyplot as plt

        shown = [name for name in names if (table["instrument"] == name).any()]
        size = (4.0, 1.75 * len(shown) + 0.3) if narrow else (8.6, 1.7 * len(shown) + 0.3)
        with sns.axes_style("white"), plt.rc_context(cast(Any, _STYLE)):
            drawing, panels = plt.subplots(
                len(shown), 1, figsize=size, layout="constrained", sharex=True, squeeze=False
            )
            for axes, name in zip(panels[:, 0], shown, strict=True):
                _one_line(axes, table[table["instrument"] == name], marked)
                axes.set_title(names[name].text(language), loc="left", fontsize=9, color=INK)
                ticks(axes.yaxis, writes[name], language)
            ends = table["month_number"].agg(["min", "max"]).to_numpy()
            step = max(1, int(np.ceil((ends[1] - ends[0] + 1) / (4 if narrow else 9))))
            places = np.arange(ends[0], ends[1] + 1, step)
            panels[-1, 0].set_xticks(places, [month(month_of_number(int(n))).text(language) for n in places])
            drawing.supxlabel(x.text(language), fontsize=9, color=SOFT)
        return drawing

    return Figure(name="voice-over-time", title=title, alt=alt, caption=caption, draw=draw)


def _one_line(axes: Any, own: pd.DataFrame, marked: date | None) -> None:
    places = own["month_number"].to_numpy()
    axes.fill_between(places, own["low"], own["high"], color=ACCENT, alpha=0.18, linewidth=0)
    axes.plot(places, own["score"], color=ACCENT, linewidth=1.6)
    if marked is not None:
        at = own[[month_of_number(int(n)) == marked.replace(day=1) for n in places]]
        axes.plot(at["month_number"], at["score"], "o", color=BAD, markersize=6)
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.tick_params(labelsize=8, colors=SOFT, length=0)
    axes.grid(visible=True, axis="y", color=LINE, linewidth=0.7)
    axes.locator_params(axis="y", nbins=4)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)


def friction(
    data: pd.DataFrame, *, currency: str | None, title: Sentence, alt: Sentence, caption: Sentence, x: Sentence,
    y: Sentence,
) -> Figure:  # fmt: skip
    """Bars of what hangs on the unhappy at each point, the worst on top. ``data``: label, value, low, high."""

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        places = np.arange(len(data))[::-1]
        colours = [BAD, *([PALE] * (len(data) - 1))]
        axes.barh(places, data["value"], color=colours, height=0.6)
        reach = np.clip([data["value"] - data["low"], data["high"] - data["value"]], 0, None)
        if currency is not None:
            axes.errorbar(data["value"], places, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.2, capsize=2.5)
        axes.set_yticks(places, axis_labels(list(data["label"]), language, narrow))
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.locator_params(axis="x", nbins=3 if narrow else 6)
        ticks(axes.xaxis, count if currency is None else (lambda value: money(value, currency)), language)

    tall = max(0.6, (len(data) + 2) / 8)
    return figure("friction", title=title, alt=alt, caption=caption, x=x, y=y, paint=paint, tall=tall)


def moods_by_theme(
    data: pd.DataFrame,
    *,
    names: Mapping[str, Sentence],
    **told: Unpack[Told],
) -> Figure:
    """Comments of every theme by mood. ``data``: label, and a column per mood, most unhappy comments first."""
    colours = {"unhappy": BAD, "neutral": PALE, "happy": ACCENT}

    def paint(axes: Any, language: Language, narrow: bool) -> None:
        places = np.arange(len(data))[::-1]
        before = np.zeros(len(data))
        for mood, colour in colours.items():
            size = data[mood].to_numpy(dtype=float)
            axes.barh(places, size, left=before, color=colour, height=0.62, label=names[mood].text(language))
            before = before + size
        axes.set_yticks(places, axis_labels(list(data["label"]), language, narrow))
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        ticks(axes.xaxis, count, language)
        legend(axes, narrow)

    tall = max(0.7, (len(data) + 2) / 8)
    return figure("themes", **told, paint=paint, tall=tall)


def sides(
    table: pd.DataFrame,
    *,
    names: Mapping[str, Sentence],
    labels: Sequence[tuple[str, Label]],
    writes: Mapping[str, Write],
    title: Sentence,
    alt: Sentence,
    caption: Sentence,
    x: Sentence,
) -> Figure:
    """A small chart per question, side by side: the score before, within and after, with its range.

    Parameters
    ----------
    table : DataFrame
        instrument, side, score, low, high.
    labels : sequence of (side, label)
        In order.
    """

    def draw(language: Language, narrow: bool) -> Any:
        import seaborn as sns
        from matplotlib import pyplot as plt

        shown = [name for name in names if (table["instrument"] == name).any()]
        down, across = (len(shown), 1) if narrow else (1, len(shown))
        size = (4.0, 1.9 * down + 0.3) if narrow else (8.6, 2.9)
        with sns.axes_style("white"), plt.rc_context(cast(Any, _STYLE)):
            drawing, panels = plt.subplots(down, across, figsize=size, layout="constrained", squeeze=False)
            for axes, name in zip(panels.ravel(), shown, strict=True):
                own = table[table["instrument"] == name].set_index("side")
                for place, (side, _) in enumerate(labels):
                    if side in own.index:
                        row = own.loc[side]
                        colour = BAD if side == "within" else ACCENT
                        axes.plot([place, place], [row["low"], row["high"]], color=colour, linewidth=3, alpha=0.45)
                        axes.plot([place], [row["score"]], "o", color=colour, markersize=6)
                axes.set_xticks(range(len(labels)), [label.text(language) for _, label in labels])
                axes.set_xlim(-0.5, len(labels) - 0.5)
                axes.set_title(names[name].text(language), loc="left", fontsize=9, color=INK)
                _plain(axes)
                ticks(axes.yaxis, writes[name], language)
            drawing.supxlabel(x.text(language), fontsize=9, color=SOFT)
        return drawing

    return Figure(name="before-and-after", title=title, alt=alt, caption=caption, draw=draw)
