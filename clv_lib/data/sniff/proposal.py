"""The whole of ``clv init``: files in, the text of a ``dataset.toml`` that loads out."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.sniff.company import currency, gross_margin, last_day, setting, timezone
from clv_lib.data.sniff.formats import formats
from clv_lib.data.sniff.layouts import exports
from clv_lib.data.sniff.recognition import Recognition, no_purchases, recognised
from clv_lib.data.sniff.samples import PARQUET, TEXTS, WORKBOOKS, Sample, look
from clv_lib.data.sniff.writing import comment, guessed, slug, table_lines
from clv_lib.errors import DataError
from clv_lib.settings import SETTINGS_FILE, load_settings

_ASK: Final = "ASK:"
_SHOWN: Final = 6  # unused files on the terminal


@dataclass(frozen=True)
class Finding:
    """One table that was found, in which export, how many rows were seen, and how much is asked about it."""

    table: str
    source: str
    size: str
    questions: int


@dataclass(frozen=True)
class Proposal:
    """What ``clv init`` found.

    Attributes
    ----------
    text : str
        TOML that :func:`clv_lib.settings.load_settings` reads. What could not be decided stands in it behind
        ``# ASK:``.
    findings : tuple of Finding
        One for each table.
    unused : dict
        File = why it is none of the tables.
    """

    text: str
    findings: tuple[Finding, ...]
    unused: dict[str, str]

    @property
    def questions(self) -> int:
        """How many questions are open in all."""
        return self.text.count(f"# {_ASK}")

    def lines(self) -> list[str]:
        """What was found, in a few lines for a terminal."""
        tables = max(len(one.table) for one in self.findings)
        sources = max(len(one.source) for one in self.findings)
        found = [
            f"  {one.table:{tables}}  {one.source:{sources}}  {one.size}{_asked(one.questions)}"
            for one in self.findings
        ]
        rest = [f"  not used: {name}: {comment(why)}" for name, why in self.unused.items()]
        more = [f"  and {len(rest) - _SHOWN} more files that are not used; dataset.toml lists them"]
        return [*found, *(rest if len(rest) <= _SHOWN + 1 else rest[:_SHOWN] + more)]


def propose_settings(paths: Sequence[Path], *, folder: Path | None = None) -> Proposal:
    """Describe exports of a customer record in a commented ``dataset.toml``.

    Parameters
    ----------
    paths : sequence of Path
        Files, or one folder of files; its own folders are looked into, theirs are not.
    folder : Path, optional
        Where the settings will lie; default: the folder, or that of the first file.

    Raises
    ------
    DataError
        There is no file, none that can be read, or none that could be the transactions.
    """
    if not paths:
        raise DataError("clv init must be given an export, but there is none. Name a file or a folder.")
    absent = [str(path) for path in paths if not path.exists()]
    if absent:
        raise DataError(f"clv init must be given files that exist, but these do not: {', '.join(absent)}.")
    whole = len(paths) == 1 and paths[0].is_dir()
    folder = folder or (paths[0] if whole else paths[0].parent)
    samples, unused = _looked_at(_files(paths[0]) if whole else list(paths), folder, whole=whole)
    gathered = exports(samples, folder)
    found = recognised(gathered)
    if "transactions" not in found.tables:
        reasons = unused | {each.name: no_purchases(each) for each in gathered}
        listed = "".join(f"\n  - {name}: {comment(why)}" for name, why in reasons.items())
        raise DataError(
            "one of the exports must hold the transactions (a customer, a day and an amount in each row), but none "
            f"does:{listed}\nRename its columns, or write {SETTINGS_FILE} by hand."
        )
    unused |= found.unused
    name = slug(folder.resolve() if whole else paths[0])
    text, counts = _text(found, unused, name=name, files=len({sample.path for sample in samples}))
    findings = tuple(
        Finding(table, one.export.name, one.export.size, counts[table]) for table, one in found.tables.items()
    )
    _must_load(text)
    return Proposal(text, findings, unused)


def _files(folder: Path) -> list[Path]:
    found = [path for pattern in ("*", "*/*") for path in sorted(folder.glob(pattern))]
    return [path for path in found if path.is_file() and not _hidden(path.relative_to(folder))]


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.parts) or path.name == SETTINGS_FILE


def _looked_at(files: list[Path], folder: Path, *, whole: bool) -> tuple[list[Sample], dict[str, str]]:
    """Samples of the files that can be read, and why the others cannot."""
    samples, unused, fault = list[Sample](), dict[str, str](), None
    for path in files:
        name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
        if whole and path.suffix.lower() not in (*TEXTS, *PARQUET, *WORKBOOKS):
            unused[comment(name)] = "not a kind of file that is read"
            continue
        if not name.isprintable() or name != name.strip():
            unused[comment(name)] = "its name has marks that cannot be written; rename it"
            continue
        try:
            samples += look(path)
        except DataError as error:
            fault = fault or error
            unused[name] = str(error).removeprefix(f"{path.name} ")
    if not samples and len(files) == 1 and fault:
        raise fault
    return samples, unused


def _text(found: Recognition, unused: dict[str, str], *, name: str, files: int) -> tuple[str, dict[str, int]]:
    tables = found.tables
    with DuckDBEngine() as engine:
        written = formats(tables, engine)
        money = currency(tables)
        zone, clocks = timezone(tables, str(money.value))
        as_of, margin = last_day(tables, engine, written), gross_margin(tables, engine, written)
    lines = [
        f"# Written by 'clv init' from {files} file{'s' if files > 1 else ''}. These are guesses: look each over.",
        f"# A comment that begins with {_ASK[:-1]} is a question that the files do not answer.",
        "",
        "[dataset]",
        f'name = "{name}"',
        guessed("currency", money),
        guessed("timezone", zone),
        guessed("setting", setting(tables)),
        as_of,
        "",
    ]
    counts = {}
    for table, one in tables.items():
        part = table_lines(one, written[table], [clocks[table]] if table in clocks else [])
        counts[table] = sum(f"# {_ASK}" in line for line in part)
        lines += [*part, ""]
    if unused:
        lines += ["# Not used:", *(f"# - {comment(source)}: {comment(why)}" for source, why in unused.items()), ""]
    lines += [
        "[economics]",
        guessed("gross_margin", margin),
        "annual_discount_rate = 0.1  # effective rate per year",
        "horizon_months = 12",
        "",
    ]
    return "\n".join(lines), counts


def _asked(questions: int) -> str:
    return f"  {questions} question{'s' if questions > 1 else ''}" if questions else ""


def _must_load(text: str) -> None:
    """Read the text as a run would; settings that do not load help nobody."""
    with tempfile.TemporaryDirectory(prefix="clv-") as folder:
        path = Path(folder) / SETTINGS_FILE
        path.write_text(text, encoding="utf-8")
        load_settings(path)
