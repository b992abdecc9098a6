"""A report on a record of hostile words: inert on every page and in every export, and whole in the data."""

import csv
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from clv_lib.data.formulas import FORMULA_STARTS
from tests.hostile_record import ATTRIBUTE, FIXED, HOSTILE, LONG, PEOPLE, hostile_crm

pytestmark = pytest.mark.slow

EVERY_ELEMENT = """
    html head meta title style body a header div strong span nav main p ul ol li h1 h2 h3 footer small b i bdi details
    summary pre code table caption thead tbody tr th td data time figure figcaption blockquote em br svg g path defs use
    clippath rect text tspan math mrow mi mo mn msub msup msubsup mtext mspace mfrac munder mover munderover mstyle
"""


class Elements(HTMLParser):
    """Names of the elements of a page, its attributes, and its visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a page has no comments, but: {data[:80]}")


@pytest.fixture(scope="module")
def pages(hostile_report) -> dict[str, str]:
    folder = hostile_report.run_folder
    paths = [*folder.glob("*.html"), *folder.glob("id/*.html"), *hostile_report.reports.glob("*.html")]
    assert len(paths) >= 10, "four pages in two languages, and the index of the reports"
    return {str(path.relative_to(hostile_report.reports)): path.read_text(encoding="utf-8") for path in paths}


def test_no_element_and_no_attribute_on_any_page_comes_from_data(pages):
    for name, html in pages.items():
        found = Elements()
        found.feed(html)
        assert found.names <= set(EVERY_ELEMENT.split()), f"{name}: {found.names - set(EVERY_ELEMENT.split())}"
        assert not [each for each in found.attributes if each[0].startswith("on")], name
        links = [value for attribute, value in found.attributes if attribute in ("href", "src", "xlink:href")]
        assert not [link for link in links if not re.fullmatch(r"#[\w-]+|[\w./-]+\.html", link)], name


def test_the_words_are_shown_as_the_words_they_are(pages):
    shown = ""
    for html in pages.values():
        found = Elements()
        found.feed(html)
        shown += "".join(found.text)
    for text in ("<script>alert(1)</script>", '=HYPERLINK("http://example.invalid","x")', "{places} {0} %s", "$x^2$"):
        assert text in shown, text


def test_no_text_from_data_fills_a_page_or_turns_its_direction(pages):
    for name, html in pages.items():
        body = html.split("</style>", 1)[1]
        assert not re.search(r"W{100}|(very long words ){10}", body), f"{name}: a long text is cut"
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", body), f"{name}: nothing overrides the direction"
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", body), f"{name}: no character that steers a terminal"


def test_no_cell_of_any_export_begins_like_a_formula(hostile_report):
    csv.field_size_limit(10**7)
    paths = list(hostile_report.run_folder.rglob("*.csv"))
    seen = set()
    assert {path.name for path in paths} >= {"customer_costs.csv", "customer_values.csv", "quarantine.csv"}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    begins = cell.startswith(FORMULA_STARTS) or cell.lstrip().startswith(FORMULA_STARTS)
                    assert not begins or is_number(cell), f"{path.name}: {cell[:80]!r}"
                    seen.update(text for text in HOSTILE if text in cell)
    assert seen >= {text for text in HOSTILE if len(text) < LONG / 2}, "the words themselves are still there"


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_every_word_of_every_column_is_in_the_data_byte_for_byte(hostile_report):
    crm = hostile_crm()
    accounts, longest = set(crm.tables["customers"]["customer_id"]), 0
    for name, wrote in crm.tables.items():
        kept = pd.read_parquet(hostile_report.run_folder / "artifacts" / f"record_{name}.parquet")
        kept = kept.rename(columns={ATTRIBUTE: "persona"})
        for column in wrote.select_dtypes(include=["str", "object"]).columns:
            if (name, column) in FIXED or column not in kept:
                continue
            given, found = set(wrote[column].dropna()), set(kept[column].dropna())
            given |= accounts if column in PEOPLE else set()  # a merged account stands under its new id
            # rows of guests, refunds and merged accounts are no purchases and no customers; nothing else is missing
            assert found <= given, f"{name}.{column}: {list(found - given)[:1]!r}"
            if name not in ("transactions", "customers") and column not in PEOPLE:
                assert found == given, f"{name}.{column}: {list(given - found)[:1]!r}"
            longest = max(longest, *map(len, found)) if found else longest
    assert longest > LONG, "ten thousand characters are kept"
