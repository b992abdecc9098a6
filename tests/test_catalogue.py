"""Every message of the project is said in Indonesian, with every place that the English one has."""

import re

import pytest

from clv_lib.reporting import catalogue
from clv_lib.reporting.catalogue import catalogue_path, collect, messages
from clv_lib.reporting.wording import translations


def places(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


@pytest.fixture(scope="module")
def indonesian():
    return collect("id")


def test_messages_are_found_in_code_templates_and_notebooks():
    where = {place.split("/")[0] + "/" + place.split("/")[1] for place, _ in messages()}
    assert {"clv_lib/reporting", "notebooks/01_data_collection.ipynb", "notebooks/00_summary.ipynb"} <= where


def test_every_message_has_a_translation(indonesian):
    missing = [message.id for message in indonesian if message.id and not (message.string and all(message.string))]
    assert missing == []


def test_no_translation_drops_or_invents_a_place(indonesian):
    for message in indonesian:
        if message.id and "$$" not in message.id:  # braces of a formula are not places
            english = " ".join(message.id) if isinstance(message.id, tuple) else message.id
            said = " ".join(message.string) if isinstance(message.string, tuple) else message.string
            assert places(said) == places(english), said


def test_prose_keeps_its_headings_and_formulas(indonesian):
    for message in indonesian:
        if isinstance(message.id, str) and message.id.startswith("#"):
            assert message.id.split()[0] == message.string.split()[0]
            assert message.id.count("$$") == message.string.count("$$")
            assert message.id.count("\n- ") == message.string.count("\n- ")


def test_the_committed_catalogue_is_what_the_project_says_today(indonesian, tmp_path, monkeypatch):
    """`make messages` would change nothing."""
    committed = catalogue_path("id").read_text(encoding="utf-8")
    copy = tmp_path / "id" / "LC_MESSAGES" / "clv_lib.po"
    copy.parent.mkdir(parents=True)
    copy.write_text(committed, encoding="utf-8")
    monkeypatch.setattr(catalogue, "LOCALE_FOLDER", tmp_path)
    catalogue.update()
    assert copy.read_text(encoding="utf-8") == committed


def test_a_message_is_looked_up_when_it_is_said():
    assert translations("id").gettext("What to do now") == "What to do now", "only whole messages are known"
    assert translations("id").gettext("## What to do now") == "## Yang perlu dilakukan sekarang"
    assert translations("en").gettext("## What to do now") == "## What to do now"
