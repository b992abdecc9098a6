"""Data that are whole but cannot answer: the run says what it could not estimate, in both languages, and goes on."""

import re
from datetime import date, timedelta

import pandas as pd
import pytest

from tests.reports import make_report
from tests.shops import write_shop

pytestmark = pytest.mark.slow


def one_customer() -> pd.DataFrame:
    days = [date(2024, 1, 1) + timedelta(days=9 * number) for number in range(25)]
    return pd.DataFrame({"customer": "only", "day": days, "paid": 50.0})


def nobody_twice() -> pd.DataFrame:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(200)]
    return pd.DataFrame({"customer": [f"c{number}" for number in range(200)], "day": days, "paid": 50.0})


def all_on_the_last_day() -> pd.DataFrame:
    return pd.DataFrame({"customer": [f"c{number}" for number in range(200)], "day": date(2024, 6, 30), "paid": 50.0})


def text_of(path) -> str:
    html = re.sub(r"<(style|details)\b.*?</\1>", " ", path.read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize(
    ("log", "english", "indonesian"),
    [
        (
            one_customer,
            "at least 50 customers, but the log holds 1.",
            "sedikitnya 50 pelanggan, sedangkan catatan ini memuat 1.",
        ),
        (
            nobody_twice,
            "bought on more than one day, but 0 of 200 did",
            "lebih dari satu hari, tetapi hanya 0 dari 200 yang",
        ),
        (
            all_on_the_last_day,
            "but all 200 made theirs on the last day",
            "semua 200 pelanggan membeli pertama kali pada hari terakhir",
        ),
    ],
)
def test_a_run_says_what_it_could_not_estimate(tmp_path, log, english, indonesian):
    folder = write_shop(tmp_path / "shop", log(), name="shop")
    report = make_report(folder, "shop", tmp_path / "reports", "--profile", "quick")
    assert english in report.output, "the console says it"
    for page in ("index.html", "04_lifetime_value.html"):
        assert english in text_of(report.run_folder / page)
        assert indonesian in text_of(report.run_folder / "id" / page)
        assert "Traceback" not in text_of(report.run_folder / page)
    assert "order lines" in text_of(report.run_folder / "01_data_collection.html"), (
        "what the log alone can tell is there"
    )


def test_the_summary_opened_alone_makes_what_it_needs(tmp_path, root):
    """As "Run all" in JupyterLab on a fresh checkout."""
    import papermill

    target = tmp_path / "00_summary.ipynb"
    papermill.execute_notebook(
        root / "notebooks" / "00_summary.ipynb",
        target,
        parameters={"run_folder": str(tmp_path / "lab"), "profile": "quick"},
        cwd=root / "notebooks",
        progress_bar=False,
    )
    shown = target.read_text(encoding="utf-8")
    assert "customers are expected to bring" in shown
    assert (tmp_path / "lab" / "artifacts" / "customer_values.csv").is_file()
