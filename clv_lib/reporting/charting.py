"""What every chart shares: sizes, colours and lettering, labelled axes, ticks in the page's language, the legend.

The charts themselves are in :mod:`~clv_lib.reporting.plots` and, room by room, in ``plots_<room>.py``.
"""

from collections.abc import Callable
from typing import Any, Final, TypedDict, Unpack, cast

from clv_lib.reporting.elements import INK, LINE, SOFT, Figure
from clv_lib.reporting.wording import Language, Quantity, Sentence

WIDE: Final = (8.6, 3.6)  # inches; at 72 points an inch the lettering keeps its size on a page 620 points wide
NARROW: Final = (4.0, 3.3)
_STYLE: Final[dict[str, Any]] = {
    "font.size": 10,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.prop_cycle": "cycler('color', ['#0f6b5c', '#5b6472', '#a34a00'])",
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign is money, also in a name that came from data
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 2,
}

Draw = Callable[[Any, Language, bool], None]


class Told(TypedDict):
    """What every chart is told in words: ``title`` states the finding, ``x`` and ``y`` name axes with their units."""

    title: Sentence
    alt: Sentence
    caption: Sentence
    x: Sentence
    y: Sentence


def figure(name: str, *, paint: Draw, tall: float = 1.0, **told: Unpack[Told]) -> Figure:
    """A figure with one pair of axes, labelled, that ``paint(axes, language, narrow)`` fills."""

    def draw(language: Language, narrow: bool) -> Any:
        import seaborn as sns
        from matplotlib import pyplot as plt

        with sns.axes_style("white"), plt.rc_context(cast(Any, _STYLE)):
            width, height = NARROW if narrow else WIDE
            drawing, axes = plt.subplots(figsize=(width, height * tall), layout="constrained")
            paint(axes, language, narrow)
            axes.set_xlabel(told["x"].text(language))
            # the unit of the vertical axis stands on top, where it is read without turning the head
            axes.set_title(told["y"].text(language), loc="left", fontsize=10, color=SOFT, pad=8)
        return drawing

    return Figure(name=name, title=told["title"], alt=told["alt"], caption=told["caption"], draw=draw)


def ticks(axis: Any, write: Callable[[float], Quantity], language: Language) -> None:
    """Write the marks of an axis as quantities of the page's language."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value).text(language)))


def legend(axes: Any, narrow: bool) -> None:
    """Explain the colours above the chart: side by side on a desk, one below the other on a phone."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.1), ncols=1 if narrow else 3, borderaxespad=0, handlelength=1.5)
