"""What a page is made of: key figures, tables, figures, notes. Each says itself in any language.

An element holds quantities and sentences, not strings, so one computation serves every language. The HTML is in
``templates/elements.html.j2``.
"""

import functools
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import jinja2
from markupsafe import Markup

from clv_lib.reporting.wording import LANGUAGES, Language, Quantity, Sentence, plain, translate

TEMPLATES: Final = Path(__file__).parent / "templates"
PAGE_MIME: Final = "application/vnd.clv.page+json"  # {language: html}; the exporter takes the language it needs

# Roles of colour. Figures are drawn in these; on a page they become CSS variables and follow light and dark.
INK: Final = "#1d2129"
SOFT: Final = "#5b6472"
LINE: Final = "#e3e1dc"
ACCENT: Final = "#0f6b5c"
PALE: Final = "#c9d7d3"
WARN: Final = "#a34a00"
BAD: Final = "#a1262d"
ROLES: Final = {INK: "ink", SOFT: "soft", LINE: "line", ACCENT: "bar", PALE: "bar2", WARN: "warn", BAD: "bad"}


class Element(Protocol):
    """Anything that can be shown on a page."""

    def html(self, language: Language) -> Markup:
        """The element as HTML."""
        ...


@functools.cache
def environment() -> jinja2.Environment:
    """The templates of this room, autoescaped."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _macro(name: str, language: Language, **values: Any) -> Markup:
    module = (
        environment()
        .get_template("elements.html.j2")
        .make_module({"language": language, "_": lambda message: translate(message, language)})
    )
    return Markup(getattr(module, name)(**values))


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences; ``role`` tells how loud."""

    sentences: tuple[Sentence, ...]
    role: Literal["text", "answer", "lead", "meeting", "note", "banner"] = "text"

    def html(self, language: Language) -> Markup:
        """The paragraph as HTML."""
        text = Markup(" ").join(sentence.html(language) for sentence in self.sentences)
        return _macro("paragraph", language, text=text, role=self.role)


@dataclass(frozen=True)
class Trend:
    """How a figure has moved: in words, with the way it went and whether that is welcome.

    Attributes
    ----------
    sentence : Sentence
    way : {"up", "down", "same"}
    tone : {"good", "bad", "open"}
        "open" where the change may be nothing but uncertainty.
    """

    sentence: Sentence
    way: Literal["up", "down", "same"]
    tone: Literal["good", "bad", "open"] = "open"


@dataclass(frozen=True)
class Card:
    """One key figure with the range it may lie in, where in that range it is, and how it has moved."""

    label: Sentence
    value: Quantity
    range: Sentence
    low: float | None = None
    high: float | None = None
    note: Sentence | None = None
    trend: Trend | None = None

    @property
    def position(self) -> float | None:
        """Where the value lies between low and high, from 0 to 1."""
        if (
            self.low is None
            or self.high is None
            or not self.high > self.low
            or not isinstance(self.value.value, int | float)
        ):
            return None
        return min(max((self.value.value - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True)
class Cards:
    """The key figures of a page, side by side."""

    cards: tuple[Card, ...]

    def html(self, language: Language) -> Markup:
        """The cards as HTML."""
        return _macro("cards", language, cards=self.cards)


@dataclass(frozen=True)
class Trust:
    """How far to trust the page: a chip per check, with whether it calls for care."""

    checks: tuple[tuple[Sentence, bool], ...]

    def html(self, language: Language) -> Markup:
        """The chips as HTML."""
        return _macro("trust", language, checks=self.checks)


@dataclass(frozen=True)
class Table:
    """Rows of quantities; the first column names the row. ``bar`` names a column drawn as a bar as well."""

    caption: Sentence
    columns: tuple[Sentence, ...]
    rows: Sequence[Sequence[Quantity | Sentence]]
    bar: int | None = None

    def html(self, language: Language) -> Markup:
        """The table as HTML, in a region that scrolls on its own."""
        sizes: list[float] = []
        if self.bar is not None:
            values = [row[self.bar].value for row in self.rows if isinstance(row[self.bar], Quantity)]  # type: ignore[union-attr]
            numbers = [float(v) if isinstance(v, int | float) else 0.0 for v in values]
            largest = max((abs(v) for v in numbers), default=0.0) or 1.0
            sizes = [abs(v) / largest for v in numbers]
        return _macro("table", language, table=self, sizes=sizes, in_words=self._in_words())

    def _in_words(self) -> list[bool]:
        """Which columns are read like words: a dash, or a word between numbers, stands where the numbers do."""
        columns = [[cell for cell in cells if not cell.is_dash] for cells in zip(*self.rows, strict=True)]
        found = [bool(cells) and all(cell.is_text for cell in cells) for cells in columns]
        return found or [False] * len(self.columns)


@dataclass(frozen=True)
class Tasks:
    """A numbered list of things to do or to know, each with its reason."""

    tasks: tuple[tuple[Sentence, Sentence], ...]

    def html(self, language: Language) -> Markup:
        """The list as HTML."""
        return _macro("tasks", language, tasks=self.tasks)


@dataclass(frozen=True)
class Links:
    """Pages of the same report, each with what it answers.

    Attributes
    ----------
    links : tuple of (str, Sentence, Sentence)
        File beside this page, its name, and the question.
    """

    links: tuple[tuple[str, Sentence, Sentence], ...]

    def html(self, language: Language) -> Markup:
        """The links as HTML."""
        return _macro("links", language, links=self.links)


@dataclass(frozen=True)
class Figure:
    """A chart that answers one question: its title states the answer, its alt text the finding.

    Attributes
    ----------
    draw : callable
        ``draw(language, narrow)`` returns a matplotlib figure. It is drawn twice, for a desk and for a phone, so that
        the lettering keeps its size on both.
    """

    name: str
    title: Sentence
    alt: Sentence
    caption: Sentence
    draw: Callable[[Language, bool], Any]

    def html(self, language: Language) -> Markup:
        """The figure as inline SVG whose colours follow the page."""
        wide, narrow = (
            Markup(
                _inline_svg(self.draw(language, narrow), f"{self.name}-{language}-{narrow}", self.alt.text(language))
            )
            for narrow in (False, True)
        )
        return _macro("figure", language, figure=self, wide=wide, narrow=narrow)


def _inline_svg(figure: Any, salt: str, alt: str) -> str:
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    file = io.StringIO()
    # the salt makes ids stable from run to run and different from figure to figure on one page
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(
            file, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    plt.close(figure)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    prefix = "f" + hashlib.sha256(salt.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\1{prefix}-", svg)
    for colour, role in ROLES.items():
        svg = re.sub(re.escape(colour), f"var(--{role},{colour})", svg, flags=re.I)
    attributes = Markup(' role="img" aria-label="{}" focusable="false"').format(alt)
    return svg.replace("<svg", f"<svg{attributes}", 1)


def bundle(element: Element, language: Language, languages: Sequence[Language] = LANGUAGES) -> dict[str, Any]:
    """MIME bundle of an element: HTML for JupyterLab in one language, and every language for the pages."""
    pages = {each: str(element.html(each)) for each in languages}
    style = (TEMPLATES / "elements.css").read_text(encoding="utf-8")
    shown = pages[language] if language in pages else str(element.html(language))
    return {
        "text/html": f'<style>{style}</style><div class="clv-notebook">{shown}</div>',
        "text/plain": plain(re.sub(r"<svg.*?</svg>", "", shown, flags=re.S)),
        PAGE_MIME: pages,
    }
