"""A first ``dataset.toml`` from nothing but an export: every guess with its reason, every doubt as a question."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.headers import read_header
from clv_lib.data.parsing import NumberForm, infer_date_form, infer_number_form, present
from clv_lib.data.quality import Inferred
from clv_lib.data.records import records
from clv_lib.data.survey import opened, survey
from clv_lib.errors import DataError
from clv_lib.names import AMOUNT, CATEGORY, CHANNEL, CURRENCY, CUSTOMER_ID, ORDER_ID, ORDERED_AT, PRODUCT_ID, QUANTITY

SAMPLE_ROWS: Final = 20_000

# words of English and Indonesian headers, the surest first; a header is cut into words before it is compared
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    ORDER_ID: (
        "order id", "orderid", "order no", "order number", "invoice no", "invoice", "receipt", "transaction id",
        "no pesanan", "nomor pesanan", "id pesanan", "no faktur", "faktur", "no transaksi", "id transaksi", "order",
    ),
    CUSTOMER_ID: (
        "customer id", "customerid", "client id", "member id", "user id", "buyer id", "account id", "id pelanggan",
        "kode pelanggan", "no pelanggan", "id customer", "customer", "pelanggan", "konsumen", "pembeli", "nasabah",
        "client", "member", "anggota", "buyer", "user", "email", "id",
    ),
    ORDERED_AT: (
        "ordered at", "order date", "purchase date", "transaction date", "invoice date", "tanggal pesanan",
        "tanggal transaksi", "tanggal order", "tanggal", "tgl transaksi", "tgl", "date", "datetime", "timestamp",
        "created at", "waktu", "day", "time",
    ),
    AMOUNT: (
        "amount", "total amount", "order total", "grand total", "net amount", "revenue", "sales", "total harga",
        "total bayar", "jumlah bayar", "nilai transaksi", "nilai", "jumlah", "total", "harga", "omzet", "value",
        "price", "dollars", "usd", "idr", "spend",
    ),
    CURRENCY: ("currency", "mata uang"),
    QUANTITY: ("quantity", "qty", "units", "banyaknya", "kuantitas", "cds"),
    PRODUCT_ID: ("product id", "sku", "stock code", "item id", "kode produk", "kode barang"),
    CATEGORY: ("category", "kategori"),
    CHANNEL: ("channel", "kanal", "saluran"),
}  # fmt: skip
_REQUIRED: Final = (CUSTOMER_ID, ORDERED_AT, AMOUNT)


@dataclass
class _Proposal:
    """Lines of the file as they come together."""

    columns: dict[str, tuple[str, str]] = field(default_factory=dict)  # ours -> theirs, why
    options: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


def propose_settings(files: list[Path]) -> str:
    """Write a commented ``dataset.toml`` for an export of transactions.

    Parameters
    ----------
    files : list of Path
        One file, or several of the same layout in one folder; the settings are meant to lie beside them.

    Returns
    -------
    str
        TOML that :func:`clv_lib.settings.load_settings` reads. What could not be decided stands in it as a line that
        begins with ``# ASK``.

    Raises
    ------
    DataError
        No file, files that are empty or unreadable, or no column that could be the customer, the date or the amount.
    """
    if not files:
        raise DataError("clv init must be given a file of transactions, but there is none. Name the export.")
    absent = [str(path) for path in files if not path.is_file()]
    if absent:
        raise DataError(f"clv init must be given files that exist, but these do not: {', '.join(absent)}.")
    proposal = _Proposal()
    if files[0].suffix.lower() in (".parquet", ".pq"):
        sample = _parquet_sample(files[0])
    else:
        sample = _text_sample(files[0], proposal)
    _map_columns(sample, proposal, source=files[0].name)
    _ask_formats(sample, proposal, source=files[0].name)
    return _written(files, sample, proposal)


def _parquet_sample(path: Path) -> pd.DataFrame:
    try:
        return duckdb.connect().read_parquet(str(path)).limit(SAMPLE_ROWS).df().astype("str")
    except duckdb.Error:
        raise DataError(f"{path.name} must be a Parquet file, but reading it failed. Export it again.") from None


def _text_sample(path: Path, proposal: _Proposal) -> pd.DataFrame:
    encoding = None
    try:
        found = survey(path, name=path.name, encoding=None)
    except DataError as error:
        if "UTF-8" not in str(error) or "is not" not in str(error):
            raise
        encoding = "cp1252"  # what Excel writes in the West; it differs from latin-1 in the euro sign
        found = survey(path, name=path.name, encoding=encoding)
        proposal.options.append(
            f'encoding = "{encoding}"          # the file is not UTF-8; this is the usual other one'
        )
        proposal.questions.append("are accented letters right? If not, state another encoding")
    everything = [word for words in _WORDS.values() for word in words]
    line, names, delimiter = read_header(found, everything, stated=None)
    if delimiter != ",":
        shown = "\\t" if delimiter == "\t" else delimiter
        proposal.options.append(f'delimiter = "{shown}"             # it divides the header into {len(names)} columns')
    with opened(found) as text:
        body = (one for one in records(text, delimiter=delimiter, width=len(names)) if not one.fault)
        rows = [one.fields for one in islice(body, SAMPLE_ROWS + 1) if one.line > line]
    if not rows:
        raise DataError(f"{path.name} must hold transactions, but below its header there are no rows.")
    return pd.DataFrame(rows, columns=_distinct(names), dtype="str")


def _distinct(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _map_columns(sample: pd.DataFrame, proposal: _Proposal, *, source: str) -> None:
    free = list(sample.columns)
    for ours, words in _WORDS.items():
        for word in words:
            match = next((name for name in free if _plain(name) == word), None)
            match = match or next((name for name in free if f" {word} " in f" {_plain(name)} "), None)
            if match and _plausible(ours, sample[match]):
                proposal.columns[ours] = (match, f"its name says so ({word!r})")
                free.remove(match)
                break
    for ours in _REQUIRED:
        if ours in proposal.columns:
            continue
        fitting = [name for name in free if _plausible(ours, sample[name])]
        if not fitting:
            raise DataError(
                f"{source} must have a column for {ours}, but none of its columns looks like one: "
                f"{', '.join(sample.columns)}. Rename the column, or write dataset.toml by hand."
            )
        proposal.columns[ours] = (fitting[0], "no name says so, but its values fit")
        proposal.questions.append(f"is {fitting[0]!r} really {ours}?")
        free.remove(fitting[0])


def _plain(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9]+", " ", spaced.lower()).strip()


def _plausible(ours: str, values: pd.Series) -> bool:
    """Whether the values could be what the name says, on a quick look."""
    texts = values.dropna().astype(str).str.strip()
    texts = texts[texts != ""].head(200)
    if texts.empty:
        return False
    if ours == ORDERED_AT:
        return bool((texts.str.contains(r"\d") & texts.str.len().between(6, 35)).mean() > 0.9)
    if ours in (AMOUNT, QUANTITY):
        return bool(texts.str.fullmatch(r"[^\d]{0,5}\d[\d., ']*\D{0,3}").mean() > 0.9)
    return True


def _ask_formats(sample: pd.DataFrame, proposal: _Proposal, *, source: str) -> None:
    """Find date and number formats as ingest would; a doubt becomes a question with the likelier answer."""
    date_column, amount_column = proposal.columns[ORDERED_AT][0], proposal.columns[AMOUNT][0]
    texts = pd.DataFrame({"day": sample[date_column].astype("str"), "amount": sample[amount_column].astype("str")})
    with DuckDBEngine() as engine:
        lent = engine.lend(texts)
        wanted = [f"{present(engine.dialect, name)} AS {name}" for name in ("day", "amount")]
        frame = engine.project(lent, wanted)
        about = f"column {date_column!r} of {source}"
        form, fact = _or_doubt(
            lambda: infer_date_form(engine, frame, "day", about=about, zone="UTC"), proposal, ("%d/%m/%Y", None)
        )
        if fact and form.startswith("%"):
            proposal.options.append(f'date_format = "{form}"      # fits {fact.evidence:,} of {len(sample):,} dates')
        elif fact is None and form != "%d/%m/%Y":
            proposal.questions.append(f"how are the dates of {date_column!r} written? State date_format")
        about = f"column {amount_column!r} of {source}"
        marks, number = _or_doubt(
            lambda: infer_number_form(engine, frame, "amount", about=about, decimal=None, thousands=None),
            proposal,
            (NumberForm(".", ""), None),
        )
        if number:
            proposal.options.append(f'decimal = "{marks.decimal}"               # fits {number.evidence:,} amounts')
            if marks.thousands:
                proposal.options.append(f'thousands = "{marks.thousands}"')


def _or_doubt[Found](
    infer: Callable[[], tuple[Found, Inferred | None]], proposal: _Proposal, otherwise: tuple[Found, None]
) -> tuple[Found, Inferred | None]:
    try:
        return infer()
    except DataError as error:
        proposal.questions.append(str(error))
        return otherwise


def _written(files: list[Path], sample: pd.DataFrame, proposal: _Proposal) -> str:
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", files[0].name.split(".")[0]).strip("-._").lower() or "dataset"
    currency, reason = _currency(sample, proposal)
    path = files[0].name if len(files) == 1 else _pattern(files)
    width = max(len(theirs) for theirs, _ in proposal.columns.values())
    mapped = [
        f"{ours} = {_toml(theirs)}{' ' * (width - len(theirs))}  # {why}"
        for ours, (theirs, why) in proposal.columns.items()
    ]
    unused = [name for name in sample.columns if name not in {theirs for theirs, _ in proposal.columns.values()}]
    lines = [
        f"# Written by 'clv init' from {', '.join(file.name for file in files[:3])}. These are guesses: check each.",
        *(f"# ASK: {question}" for question in proposal.questions),
        "",
        "[dataset]",
        f'name = "{stem}"',
        f'currency = "{currency}"  # {reason}',
        'timezone = "UTC"  # ASK: where does a business day begin? For example "Asia/Jakarta"',
        "# as_of = 2024-06-30  # last day that is complete; without it, the last day of the log",
        "",
        "[tables.transactions]",
        f"path = {_toml(path)}",
        *proposal.options,
        "",
        "[tables.transactions.columns]  # our name = the name in the file",
        *mapped,
        *([f"# not used: {', '.join(unused)}"] if unused else []),
        "",
        "[economics]",
        "gross_margin = 0.3            # ASK: contribution as a share of revenue",
        "annual_discount_rate = 0.1    # effective rate per year",
        "horizon_months = 12",
        "",
    ]
    return "\n".join(lines)


def _currency(sample: pd.DataFrame, proposal: _Proposal) -> tuple[str, str]:
    if CURRENCY in proposal.columns:
        codes = sample[proposal.columns[CURRENCY][0]].str.strip()
        usual = codes[codes.str.fullmatch(r"[A-Z]{3}", na=False)].mode()
        if len(usual):
            return str(usual.iloc[0]), "the most frequent one of its column; all amounts must be in it"
    name = proposal.columns[AMOUNT][0].lower()
    for word, code in (("idr", "IDR"), ("rupiah", "IDR"), ("usd", "USD"), ("dollar", "USD"), ("eur", "EUR")):
        if word in name:
            return code, f"the amount's column says {word!r}"
    return "XXX", "ASK: the ISO 4217 code of the amounts, such as IDR or USD; nothing in the file says it"


def _pattern(files: list[Path]) -> str:
    """Pattern that matches the names of the files, as narrow as their common beginning and end."""
    names = [path.name for path in files]
    head = ""
    for letters in zip(*names, strict=False):
        if len(set(letters)) > 1:
            break
        head += letters[0]
    return f"{head}*{''.join(files[0].suffixes)}"


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
