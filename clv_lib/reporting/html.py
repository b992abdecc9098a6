"""Executed notebooks to pages: self-contained, offline, sealed, in every language of the run.

A page holds no script and loads nothing (its Content-Security-Policy forbids both). Markdown cells are looked up in
the catalogue, outputs carry their own translations (see :mod:`clv_lib.reporting.elements`), so a second language is a
second rendering of the same computation.
"""

import functools
import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2
import nbformat
from latex2mathml.converter import convert as latex_to_mathml
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

from clv_lib.errors import ClvError
from clv_lib.reporting.elements import PAGE_MIME, TEMPLATES, Paragraph, environment
from clv_lib.reporting.wording import LANGUAGE_NAMES, Language, say, translate

SUMMARY: Final = "00_summary"
FIRST_SCREEN_TAG: Final = "first-screen"  # computed late in the story, read first
MODEL_TAG: Final = "model"  # outputs that stand on a posterior, withheld when it is not to be trusted

_WITHHELD = say(
    "This figure is withheld: the model behind it did not pass its checks, so the number would not be safe to use."
)


class _Prose(IPythonRenderer):
    """Markdown with mathematics as MathML instead of a script that would be loaded."""

    def block_math(self, body: str) -> str:
        return f'<span class="formula" tabindex="0">{latex_to_mathml(body, display="block")}</span>'

    def inline_math(self, body: str) -> str:
        return latex_to_mathml(body)


class _PageExporter(HTMLExporter):
    """The body of a page from a notebook."""

    def __init__(self, language: Language) -> None:
        super().__init__(extra_template_basedirs=[str(TEMPLATES)], template_name="page", exclude_anchor_links=True)
        self.language = language
        self.register_filter("focusable", lambda html: html.replace("<pre>", '<pre tabindex="0">'))

    @jinja2.pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        translated = translate(source.strip(), self.language)
        return MarkdownWithMath(renderer=_Prose(escape=False, exclude_anchor_links=True)).render(translated)


def render_body(notebook: nbformat.NotebookNode, language: Language, *, trusted: bool = True) -> str:
    """HTML of a notebook's cells in one language.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed; it is not changed.
    language : {"en", "id"}
    trusted : bool
        False withholds the outputs of cells tagged ``model``.

    Raises
    ------
    ClvError
        If an image has no alternative text.
    """
    cells = [_in_language(cell, language, trusted=trusted) for cell in _readable(notebook.cells)]
    first = [output for cell in cells if FIRST_SCREEN_TAG in _tags(cell) for output in cell.get("outputs", [])]
    for cell in cells:
        if FIRST_SCREEN_TAG in _tags(cell):
            cell["outputs"] = []
    lead = nbformat.v4.new_code_cell(source="", outputs=first, metadata={"transient": {"remove_source": True}})
    title = next((number for number, cell in enumerate(cells) if cell.cell_type == "markdown"), -1)
    opening, rest = _split_title(cells[title].source, language) if title >= 0 else ("", "")
    head = [nbformat.v4.new_markdown_cell(opening), lead, nbformat.v4.new_markdown_cell(rest)]
    page = nbformat.v4.new_notebook(cells=head + cells[title + 1 :], metadata=notebook.metadata)
    words = {"code": translate("Code", language), "console": translate("Printed by the code", language)}
    body, _ = _PageExporter(language).from_notebook_node(page, resources={"words": words})
    body = _with_contents(body, language)
    _refuse_silent_images(body)
    return body


def _readable(cells: Iterable[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """All cells up to the one that stopped the story, if one did."""
    kept = []
    for cell in cells:
        kept.append(cell)
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            break
    return [nbformat.from_dict(dict(cell)) for cell in kept if "papermill-error-cell-tag" not in _tags(cell)]


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _in_language(cell: nbformat.NotebookNode, language: Language, *, trusted: bool) -> nbformat.NotebookNode:
    if cell.cell_type != "code":
        return cell
    outputs = []
    for output in cell.get("outputs", []):
        if output.output_type == "error" and output.ename == "CannotEstimateError":
            continue  # the notebook said it in words already
        if PAGE_MIME in output.get("data", {}):
            html = output.data[PAGE_MIME][language]
            outputs.append(nbformat.v4.new_output("display_data", data={"text/html": html}))
        else:
            outputs.append(output)
    if outputs and not trusted and MODEL_TAG in _tags(cell):
        withheld = str(Paragraph((_WITHHELD,), role="banner").html(language))
        outputs = [nbformat.v4.new_output("display_data", data={"text/html": withheld})]
    cell["outputs"] = _joined(outputs)
    return cell


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """What a cell printed in pieces, in one piece; what it said on stderr is in the log."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        if output.output_type == "stream" and joined and joined[-1].output_type == "stream":
            joined[-1] = nbformat.v4.new_output("stream", name="stdout", text=joined[-1].text + output.text)
        else:
            joined.append(output)
    return joined


def _split_title(source: str, language: Language) -> tuple[str, str]:
    """The H1 and the rest of the first prose cell, in the language."""
    title, _, rest = translate(source.strip(), language).partition("\n")
    return title, rest.strip()


def _with_contents(body: str, language: Language) -> str:
    """Table of contents from the second-level headings, before the first of them."""
    counter = itertools.count(1)
    body = re.sub("<h2>", lambda _: f'<h2 id="part-{next(counter)}">', body)
    headings = re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', body, flags=re.S)
    if len(headings) < 3:
        return body
    items = Markup("").join(
        Markup('<li><a href="#{}">{}</a></li>').format(anchor, Markup(re.sub(r"<.*?>", "", text)))
        for anchor, text in headings
    )
    label = translate("On this page", language)
    contents = Markup('<nav class="toc" aria-label="{0}"><p>{0}</p><ol>{1}</ol></nav>').format(label, items)
    return body.replace('<h2 id="', f'{contents}<h2 id="', 1)


def _refuse_silent_images(body: str) -> None:
    for tag in re.findall(r"<(?:img|svg)\b[^>]*>", body):
        if not re.search(r'\b(?:alt|aria-label)="[^"]+"', tag):
            raise ClvError(
                f"every image must carry alternative text, but one does not: {tag[:120]}. Usually a notebook shows a "
                "matplotlib figure directly; show a Figure of clv_lib.reporting.plots instead."
            )


@functools.cache
def _css() -> str:
    light, dark = (
        HtmlFormatter(style=style).get_style_defs("details.code .highlight") for style in ("a11y-light", "github-dark")
    )
    code = "\n".join(line for line in light.splitlines() if "background" not in line and line.startswith("details"))
    night = "\n".join(line for line in dark.splitlines() if "background" not in line and line.startswith("details"))
    own = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "elements.css"))
    own = re.sub(r"^\.clv-notebook\{.*?\}\n", "", own, flags=re.M)  # JupyterLab's frame, not the page's
    return f"{own}{code}\n@media (prefers-color-scheme:dark){{{night}}}"


def frame(
    content: str,
    *,
    language: Language,
    title: str,
    dataset_title: str,
    subtitle: str = "",
    index_href: str = "",
    language_links: Sequence[dict[str, str]] = (),
    pages: Sequence[dict[str, Any]] = (),
    footer: Sequence[str] = (),
) -> str:
    """A whole page around ``content``, which is HTML already; everything else is text and escaped here."""
    template = environment().get_template("frame.html.j2")
    return template.render(
        content=content,
        css=_css(),
        language=language,
        title=title,
        dataset_title=dataset_title,
        subtitle=subtitle,
        index_href=index_href,
        language_links=language_links,
        pages=pages,
        footer=footer,
        _=lambda message: translate(message, language),
    )


def language_link(language: Language, href: str) -> dict[str, str]:
    """Link to the same page in another language, named in that language."""
    return {"language": language, "href": href, "name": LANGUAGE_NAMES[language]}


def heading_of(notebook: nbformat.NotebookNode, language: Language) -> str:
    """The question a notebook answers: its H1, in the language."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            return _split_title(cell.source, language)[0].lstrip("# ").strip()
    return ""


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """An executed notebook from disk."""
    return nbformat.read(path, as_version=4)
