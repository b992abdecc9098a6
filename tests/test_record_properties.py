"""Whatever happens to a file of any table, no row and no money is lost silently, and only our own errors come out."""

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from clv_lib.data.opening import open_engine
from clv_lib.data.reading import read_table
from clv_lib.errors import ClvError
from clv_lib.settings import EngineSection
from tests.examples import examples
from tests.record_support import AS_OF, MONEY, TABLES, adds_up, clean, money_in, settings_for

ROWS = 300
CHANGES = ("drop field", "extra field", "garble", "blank line", "twice", "break", "stray quote", "header again")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1")
BLANK = "  "


def changed(lines: list[str], kind: str, at: int, delimiter: str) -> list[str]:
    """Lines after one change to a row; the header stays."""
    lines, row = list(lines), lines[at]
    fields = row.split(delimiter)
    if kind == "drop field":
        lines[at] = delimiter.join(fields[:-1])
    elif kind == "extra field":
        lines[at] = row + delimiter + "x"
    elif kind == "garble":
        where = at % len(fields)
        lines[at] = delimiter.join([*fields[:where], "2024-02-31", *fields[where + 1 :]])
    elif kind == "blank line":
        lines.insert(at, BLANK)
    elif kind == "twice":
        lines.insert(at, row)
    elif kind == "break" and '"' not in row and row.strip():
        lines[at] = delimiter.join([f'"{fields[0]}\nagain"', *fields[1:]])
    elif kind == "stray quote" and '"' not in row and row.strip():
        lines[at] = row + delimiter + '"open'
    elif kind == "header again":
        lines.insert(at, lines[0])
    return lines


def rows_in(line: str, delimiter: str, width: int) -> int:
    """How many rows must be accounted for: none for a blank line; each line of a broken quote for itself."""
    if not line.strip():
        return 0
    return line.count("\n") + 1 if line.count(delimiter) + 1 != width else 1


def shuffled(lines: list[str], seed: int) -> list[str]:
    """Columns in another order."""
    order = list(range(lines[0].count(",") + 1))
    shift = seed % len(order)
    order = order[shift:] + order[:shift]
    return [",".join(line.split(",")[k] for k in order) for line in lines]


@example(table="costs", changes=[("twice", 3)], delimiter=";", encoding="utf-16", ending="\r\n", seed=2)
@example(table="merges", changes=[("header again", 5)], delimiter=",", encoding="utf-8", ending="\n", seed=1)
@example(
    table="feedback",
    changes=[("break", 5), ("drop field", 5)],
    delimiter="|",
    encoding="utf-8-sig",
    ending="\n",
    seed=0,
)
@examples(13, thorough=32)
@given(
    table=st.sampled_from(TABLES),
    changes=st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(1, ROWS)), max_size=4),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(ENCODINGS),
    ending=st.sampled_from(["\n", "\r\n"]),
    seed=st.integers(0, 6),
)
def test_damaged_files_of_any_table_lose_no_row_and_no_money(table, changes, delimiter, encoding, ending, seed):
    whole = clean(table, ROWS)
    lines = [line.replace(",", delimiter) for line in shuffled(whole, seed)]
    width = lines[0].count(delimiter) + 1
    for kind, at in changes:
        lines = changed(lines, kind, at, delimiter)
    with tempfile.TemporaryDirectory() as folder, open_engine(EngineSection()) as engine:
        (Path(folder) / "file.csv").write_bytes((ending.join(lines) + ending).encode(encoding))
        given_ = settings_for(Path(folder), **{table: "file.csv"})
        try:
            found = read_table(table, given_, engine, last_day=AS_OF)
            adds_up(found.report)
            assert found.report.read.rows == sum(rows_in(line, delimiter, width) for line in lines[1:])
            assert len(found.frame.collect("pandas").to_native()) == found.report.used.rows
            assert found.write_quarantine(Path(folder) / "q.csv") == found.report.quarantined.rows
            if not changes:
                assert found.report.accepted.rows == ROWS
                assert found.report.read.money == money_in(table, whole)
        except ClvError as error:
            assert changes, "a clean file must be read"
            assert "file.csv" in str(error)


@examples(6, thorough=10)
@given(
    table=st.sampled_from([name for name in TABLES if name in MONEY]),
    aside=st.lists(st.integers(1, ROWS), min_size=0, max_size=3, unique=True),
)
def test_money_of_the_rows_set_aside_is_counted_too(table, aside):
    lines = clean(table, ROWS)
    with tempfile.TemporaryDirectory() as folder, open_engine(EngineSection()) as engine:
        for at in aside:
            lines[at] = " " + lines[at]  # a repair; the money stays
        lines += [lines[at].strip() for at in aside]
        (Path(folder) / "file.csv").write_text("\n".join(lines))
        found = read_table(table, settings_for(Path(folder), **{table: "file.csv"}), engine, last_day=AS_OF)
        adds_up(found.report)
        assert found.report.read.money == money_in(table, lines)
        assert found.report.repaired.rows == len(aside)


@examples(13, thorough=25)
@given(
    table=st.sampled_from(TABLES),
    data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))),
    name=st.sampled_from(["file.csv", "file.xlsx", "file.parquet", "file.ods"]),
    with_header=st.booleans(),
)
def test_arbitrary_bytes_end_in_a_sentence_or_in_rows_that_add_up(table, data, name, with_header):
    with tempfile.TemporaryDirectory() as folder, open_engine(EngineSection()) as engine:
        head = clean(table, 0)[0].encode() + b"\n" if with_header else b""
        (Path(folder) / name).write_bytes(head + data)
        try:
            adds_up(read_table(table, settings_for(Path(folder), **{table: name}), engine, last_day=AS_OF).report)
        except ClvError as error:
            assert len(str(error)) > 40
