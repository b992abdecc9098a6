"""Whatever is in the files, ``clv init`` ends with one sentence or with settings that load."""

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from clv_lib.data.sniff import propose_settings
from clv_lib.data.sniff.contents import TABLES
from clv_lib.data.sniff.vocabulary import COLUMNS
from clv_lib.errors import ClvError
from clv_lib.settings import load_settings
from tests.examples import examples

SUFFIXES = (".csv", ".txt", ".csv.gz", ".parquet", ".xlsx", ".xls", ".ods", ".tsv.zst", ".csv.bz2")
NAMES = tuple(word for words in TABLES.values() for word in words.called)
HEADERS = tuple(word for words in COLUMNS.values() for word in words)
CELLS = st.one_of(
    st.sampled_from(["", "-", "NULL", "2024-01-05", "05/06/2024", "31.12.9999", "1.250,00", "Rp 5", "(3)", "kontrol",
                     "c1", "0001", "2024-01-05T09:00+07:00", "9" * 40, "1e309", "nan", "ya", "10"]),
    st.text(max_size=12),
)  # fmt: skip


def ends_well(folder: Path) -> None:
    try:
        found = propose_settings([folder])
    except ClvError as error:
        assert str(error)
        return
    (folder / "dataset.toml").write_text(found.text, encoding="utf-8")
    loaded = load_settings(folder)
    assert [one.table for one in found.findings] == list(loaded.tables.given)
    assert all(found.lines())


@given(st.lists(st.tuples(st.sampled_from(SUFFIXES), st.binary(max_size=300)), min_size=1, max_size=3))
@example([(".csv", b"\xff\xfea"), (".csv.gz", b"\x1f\x8b\x08"), (".xlsx", b"PK\x03\x04")])
@examples(20, thorough=60)
def test_any_bytes(contents):
    with tempfile.TemporaryDirectory() as name:
        for number, (suffix, content) in enumerate(contents):
            (Path(name) / f"file{number}{suffix}").write_bytes(content)
        ends_well(Path(name))


@st.composite
def tables(draw) -> tuple[str, str, list[list[str]]]:
    header = draw(st.lists(st.one_of(st.sampled_from(HEADERS), st.text(max_size=8)), min_size=1, max_size=7))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=6))
    return draw(st.sampled_from(NAMES)), draw(st.sampled_from([",", ";", "\t", "|"])), [header, *rows]


@given(
    st.lists(tables(), min_size=1, max_size=3),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.booleans(),
)
@examples(20, thorough=60)
def test_any_table_with_words_that_we_know(parts, encoding, with_purchases):
    with tempfile.TemporaryDirectory() as name:
        if with_purchases:
            (Path(name) / "orders.csv").write_text("customer_id,order_date,amount\nx,2024-01-05,5.5\n")
        for called, delimiter, rows in parts:
            text = "\n".join(delimiter.join(row) for row in rows)
            (Path(name) / f"{called}.csv").write_bytes(text.encode(encoding, errors="replace"))
        ends_well(Path(name))
