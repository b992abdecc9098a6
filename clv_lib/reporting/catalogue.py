"""The messages of the project: collected from code, templates and notebooks into one gettext catalogue per language.

``python -m clv_lib.reporting.catalogue`` brings ``locale/*/LC_MESSAGES/clv_lib.po`` up to date: new messages appear
with an empty translation, vanished ones are dropped.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import nbformat
from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from clv_lib.reporting.suite import CONTRACTS, standard_suite
from clv_lib.reporting.wording import LANGUAGES, LOCALE_FOLDER

_HEADER: Final = """# Messages of clv-lib.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""  # Indonesian has no plural
PACKAGE: Final = Path(__file__).resolve().parents[1]
_FUNCTIONS: Final = {
    "say": None,
    "say_count": (1, 2),
    "translate": None,
    "_": None,
    "mark": None,
    "CannotEstimateError": None,
}


def messages() -> Iterator[tuple[str, str | tuple[str, str]]]:
    """Every message with the file it stands in: singular alone, or singular and plural."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from _messages_of(path, "python")
    for path in sorted((PACKAGE / "reporting" / "templates").rglob("*.j2")):
        yield from _messages_of(path, "jinja2.ext:babel_extract")
    folder = standard_suite().notebooks
    for path in sorted([*folder.glob("*.ipynb"), *folder.glob(f"{CONTRACTS}/*.ipynb")]):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                yield f"notebooks/{path.relative_to(folder).as_posix()}", cell.source.strip()


def _messages_of(path: Path, method: str) -> Iterator[tuple[str, str | tuple[str, str]]]:
    with path.open("rb") as file:
        for _, message, _, _ in extract(method, file, keywords=_FUNCTIONS):
            if message and not isinstance(message, tuple):
                yield path.relative_to(PACKAGE.parent).as_posix(), message
            elif isinstance(message, tuple) and message[0]:
                yield path.relative_to(PACKAGE.parent).as_posix(), (message[0], message[1])


def collect(language: str) -> Catalog:
    """Catalogue of a language with exactly today's messages and the translations known so far."""
    path = catalogue_path(language)
    known = Catalog(locale=language)
    if path.is_file():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    fresh = Catalog(locale=language, charset="utf-8", fuzzy=False)
    vars(fresh).update(_num_plurals=1, _plural_expr="0")  # Babel does not know that Indonesian has no plural
    for place, message in messages():
        before = known.get(message)
        fresh.add(message, string=before.string if before else None, locations=[(place, 0)])
    return fresh


def catalogue_path(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return LOCALE_FOLDER / language / "LC_MESSAGES" / "clv_lib.po"


def update() -> list[str]:
    """Write the catalogues anew; returns a line per language on what still lacks a translation."""
    lines = []
    for language in LANGUAGES:
        if language == "en":  # the language of the messages
            continue
        catalogue = collect(language)
        missing = [m for m in catalogue if m.id and not _complete(m.string)]
        text = io.BytesIO()
        write_po(text, catalogue, width=110, omit_header=True, include_lineno=False)
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        # a header of our own: Babel's holds the time of writing, so that every call would change the file
        path.write_text(_HEADER.format(language=language) + text.getvalue().decode(), encoding="utf-8")
        lines.append(f"{language}: {len(catalogue)} messages, {len(missing)} without translation")
    return lines


def _complete(string: str | Sequence[str] | None) -> bool:
    return bool(string and all([string] if isinstance(string, str) else string))


if __name__ == "__main__":
    print("\n".join(update()))
