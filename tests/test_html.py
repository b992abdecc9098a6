"""From an executed notebook to a page: what is shown, what is withheld, what is refused."""

import re

import nbformat
import pytest

from clv_lib.errors import ClvError
from clv_lib.reporting.elements import PAGE_MIME, Table
from clv_lib.reporting.html import frame, render_body
from clv_lib.reporting.wording import number, say, words


def shown(**pages: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data={PAGE_MIME: pages, "text/html": "for JupyterLab"})


def code(*outputs: nbformat.NotebookNode, tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell("x = 1", outputs=list(outputs), metadata={"tags": list(tags)})


def page(*cells: nbformat.NotebookNode, language: str = "en", trusted: bool = True) -> str:
    title = nbformat.v4.new_markdown_cell("# What is it worth?\n\nAn introduction.")
    return render_body(nbformat.v4.new_notebook(cells=[title, *cells]), language, trusted=trusted)


def test_an_output_speaks_the_language_of_the_page():
    cell = code(shown(en="<p>one</p>", id="<p>satu</p>"))
    assert "one" in page(cell)
    assert "satu" in page(cell, language="id")
    assert "for JupyterLab" not in page(cell)


def test_the_first_screen_is_read_first_though_computed_last():
    html = page(code(shown(en="<p>early</p>")), code(shown(en="<p>answer</p>"), tags=("first-screen",)))
    assert html.index("worth?") < html.index("answer") < html.index("An introduction") < html.index("early")


def test_figures_of_a_model_are_withheld_when_it_is_not_trusted():
    cells = code(shown(en="<p>$12</p>"), tags=("model",)), code(shown(en="<p>counted</p>"))
    assert "$12" in page(*cells)
    html = page(*cells, trusted=False)
    assert "$12" not in html
    assert "withheld" in html
    assert "counted" in html, "what the log alone tells stays"


def test_a_refusal_ends_the_page_in_words_and_without_a_traceback():
    refusal = nbformat.v4.new_output("error", ename="CannotEstimateError", evalue="too few", traceback=["Traceback"])
    html = page(code(shown(en="<p>too few customers</p>"), refusal), nbformat.v4.new_markdown_cell("## Never reached"))
    assert "too few customers" in html
    assert "Traceback" not in html
    assert "Never reached" not in html


def test_an_image_without_alternative_text_is_refused():
    with pytest.raises(ClvError, match="alternative text"):
        page(code(shown(en="<svg></svg>")))


def test_what_went_to_stderr_stays_in_the_log():
    noise = nbformat.v4.new_output("stream", name="stderr", text="warning from afar")
    pieces = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("one ", "<two>")]
    html = page(code(*pieces, noise))
    assert "warning from afar" not in html
    assert "one &lt;two&gt;" in html, "printed in pieces, shown in one, and escaped"


def test_formulas_need_no_script_and_scroll_by_keyboard():
    html = page(nbformat.v4.new_markdown_cell("## A\n\n$$x^2$$"))
    assert '<span class="formula" tabindex="0"><math' in html
    assert "<script" not in html


def test_a_frame_escapes_what_came_from_settings():
    html = frame("<p>x</p>", language="en", title="<b>", dataset_title="<script>alert(1)</script>")
    assert "<script>" not in html
    assert "default-src 'none'" in html


def test_a_dash_stands_where_the_numbers_of_its_column_do():
    """Columns of words begin at the left; a dash, or a word between numbers, does not move out of its column."""
    nothing, caption = words("–"), say("A table")
    rows = [
        [words("a"), nothing, number(1), words("yes")],
        [words("b"), number(2), words("over 99 %"), words("no")],
        [words("c"), number(3), number(4), nothing],
    ]
    html = str(Table(caption, (say("Name"), say("One"), say("Two"), say("Three")), rows).html("en"))
    assert re.findall(r'<th scope="col"( class="clv-words")?>', html) == [
        ' class="clv-words"',
        "",
        "",
        ' class="clv-words"',
    ]
    assert html.count('<td class="clv-words">') == 3, "the last column, whole"
    assert "clv-dense" not in html
