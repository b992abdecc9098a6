"""A simulated company as files: the same bytes for the same seed, on every machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from clv_lib.data.simulate.crm import Crm
from clv_lib.errors import UsageError

TRUTH_FILE: Final = "truth.json"
TRUTH_CUSTOMERS_FILE: Final = "truth_customers.csv"
SETTINGS_FILE: Final = "dataset.toml"
_TEMPLATE: Final = Path(__file__).with_name("dataset.toml")
_MOMENTS: Final = frozenset({"happened_at", "resolved_at"})
_DECIMALS: Final = {"handling_minutes": ".1f"}
_DIGITS: Final = 6  # significant ones of a true number; the last bits differ between machines


def write_crm(crm: Crm, folder: Path, *, force: bool = False) -> list[Path]:
    """Write one CSV per table, the truth, and a dataset.toml where there is none.

    Parameters
    ----------
    crm : Crm
    folder : Path
        Made if it is not there.
    force : bool
        Whether files of the same names may be written over; others are left alone, and so is a dataset.toml.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        The folder holds something and ``force`` is not set, or it cannot be written.
    """
    check_folder(folder, force=force)
    texts = dict(_texts(crm))
    if not (folder / SETTINGS_FILE).exists():
        texts[SETTINGS_FILE] = settings_text(crm, name=folder.resolve().name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode())
    except OSError as error:
        raise UsageError(
            f"{folder} must be a folder that can be written, but it cannot: {error.strerror}. Choose another --out."
        ) from error
    return [folder / name for name in texts]


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that would be written over.

    Raises
    ------
    UsageError
        It is a file, or holds something and ``force`` is not set.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out must be a folder, but {folder} is a file. Choose another name.")
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} must be empty or not exist yet, but it holds files. Choose another --out, or let --force write "
            "over the simulated files in it."
        )


def settings_text(crm: Crm, *, name: str) -> str:
    """The dataset.toml that describes the files."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name).strip("-")
    filled = {"NAME": words or "simulated", "START": crm.truth["start"][:4], "END": crm.truth["end"][:4]}
    text = _TEMPLATE.read_text(encoding="utf-8").replace("AS_OF", crm.truth["end"])
    for mark, value in filled.items():
        text = text.replace("{" + mark + "}", value)
    return text


def _texts(crm: Crm) -> Iterator[tuple[str, str]]:
    for name, table in crm.tables.items():
        yield f"{name}.csv", csv_text(table)
    yield TRUTH_FILE, json.dumps(_rounded(crm.truth), indent=1, ensure_ascii=False) + "\n"
    yield TRUTH_CUSTOMERS_FILE, csv_text(crm.truth_customers)


def csv_text(table: pd.DataFrame) -> str:
    """Comma separated, LF, no index; days and minutes in ISO, flags as true and false, missing as nothing."""
    return pd.DataFrame({name: _written(table[name]) for name in table}).to_csv(index=False, lineterminator="\n")


def _written(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d %H:%M" if column.name in _MOMENTS else "%Y-%m-%d")
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "true", False: "false"}, na_action="ignore")
    if pd.api.types.is_float_dtype(column):
        form = _DECIMALS.get(str(column.name), f".{_DIGITS}g")
        return column.map(lambda value: format(value, form), na_action="ignore")
    return column


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 2**53
        return int(value) if whole else float(f"{value:.{_DIGITS}g}")
    return value
