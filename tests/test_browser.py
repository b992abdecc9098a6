"""The pages in a real browser: sealed, quiet, accessible, readable on a phone, alike in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chromium import chromium
from tests.reports import Report

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (320, 375, 1280)
SCHEMES = ("light", "dark")
BOTH_LANGUAGES = 375  # pages differ in words alone: those in Indonesian are looked at in this width


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with chromium() as browser:
        yield browser


@pytest.fixture(params=["report", "hostile_report", "membership_report"])
def any_report(request) -> Report:
    """The report on a log alone, on a whole customer record whose every word is hostile, and on contracts."""
    return request.getfixturevalue(request.param)


def pages_of(report: Report) -> list[Path]:
    run = report.run_folder
    return [
        report.reports / "index.html",
        report.reports / "index.id.html",
        *sorted(run.glob("*.html")),
        *sorted(run.glob("id/*.html")),
    ]


def is_indonesian(path: Path) -> bool:
    return path.parent.name == "id" or path.name.endswith(".id.html")


def open_all_details(page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


def test_no_page_asks_for_anything_or_complains(browser, any_report):
    for path in pages_of(any_report):
        page = browser.new_page()
        requests, complaints = [], []
        page.on("request", lambda request, to=requests: to.append(request.url))
        page.on("console", lambda message, to=complaints: to.append(message.text))
        page.on("pageerror", lambda error, to=complaints: to.append(str(error)))
        page.goto(path.as_uri())
        open_all_details(page)
        page.close()
        assert requests == [path.as_uri()], f"{path.name} asked for more than itself"
        assert complaints == [], path.name


def axe_finds_nothing(browser, report, *, width: int, scheme: str, states: tuple[str, ...]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    context.set_default_timeout(60_000)
    for path in pages_of(report):
        if is_indonesian(path) and width != BOTH_LANGUAGES:
            continue
        page.goto(path.as_uri())
        for state in states:
            if state == "opened":
                open_all_details(page)
            # every rule runs; only what is in order is not written down, which takes half of the time
            found = Axe().run(page, options={"resultTypes": ["violations"]})
            assert found.violations_count == 0, f"{path.name}, code {state}:\n{found.generate_report()}"
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_with_code_closed_and_opened(browser, report, width, scheme):
    """Opened, pages show all that they show closed; closed they are looked at once in each colour."""
    states = ("closed", "opened") if width == WIDTHS[0] else ("opened",)
    axe_finds_nothing(browser, report, width=width, scheme=scheme, states=states)


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (375, "light"), (1280, "light"), (1280, "dark")])
def test_axe_finds_nothing_on_the_pages_of_a_whole_record(browser, hostile_report, width, scheme):
    """The longest pages: opened they show all that they show closed, and widths and colours meet at least once."""
    axe_finds_nothing(browser, hostile_report, width=width, scheme=scheme, states=("opened",))


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(browser, any_report, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    for path in pages_of(any_report):
        page.goto(path.as_uri())
        open_all_details(page)
        content, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert content <= window, f"{path.name} is {content} px wide in a window of {window} px"
    page.close()


def test_every_image_says_what_it_shows(browser, any_report):
    page = browser.new_page()
    seen = 0
    for path in pages_of(any_report):
        page.goto(path.as_uri())
        texts = page.evaluate(
            "Array.from(document.querySelectorAll('img, svg')).map(i => "
            "i.getAttribute('alt') || i.getAttribute('aria-label') || '')"
        )
        seen += len(texts)
        assert all(len(text) > 30 for text in texts), f"{path.name}: {texts}"
    page.close()
    assert seen >= 12, "the report has figures"


def test_both_languages_carry_the_same_numbers(browser, any_report):
    def values(path: Path) -> list[str]:
        page = browser.new_page()
        page.goto(path.as_uri())
        found = page.evaluate("Array.from(document.querySelectorAll('main data[value]')).map(d => d.value)")
        page.close()
        return found

    for english in sorted(any_report.run_folder.glob("*.html")):
        ours, theirs = values(english), values(any_report.run_folder / "id" / english.name)
        assert len(ours) > 5, f"{english.name} holds figures, even where it says what is missing"
        assert sorted(ours) == sorted(theirs), english.name


def test_the_indonesian_pages_are_indonesian(any_report):
    for path in sorted((any_report.run_folder / "id").glob("*.html")):
        html = path.read_text(encoding="utf-8")
        assert '<html lang="id">' in html
        body = re.sub(r"<(style|details|svg|code)\b.*?</\1>", " ", html, flags=re.S)
        text = re.sub(r"<[^>]+>", " ", body)
        english = re.findall(r"\b(?:the|which|with|customers|and are|expected to)\b(?!\.csv)", text)
        assert not english, f"{path.name} still says {sorted(set(english))}"


def test_every_link_leads_somewhere(any_report):
    for path in pages_of(any_report):
        html = path.read_text(encoding="utf-8")
        for target in re.findall(r'href="([^"#]+)"', html):
            assert (path.parent / target).resolve().is_file(), f"{path.name} links to {target}"
        for anchor in re.findall(r'href="#([^"]+)"', html):
            assert f'id="{anchor}"' in html, f"{path.name} links to #{anchor}"


def test_hostile_words_do_nothing(browser, hostile_report):
    """Markup in an id is text on the page; nothing is run, and nothing is laid over the page."""
    page = browser.new_page()
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    shown = ""
    for path in pages_of(hostile_report):
        page.goto(path.as_uri())
        assert page.evaluate("document.querySelectorAll('script, main iframe, main object, main img').length") == 0
        shown += page.inner_text("main")
    page.close()
    assert dialogs == []
    assert "<script>alert(1)</script>" in shown, "the id is shown as the text it is"
