"""Data that are whole but cannot answer: the run says what it could not estimate, in both languages, and goes on."""

import ast
import re
import subprocess
import sys
from datetime import date, timedelta

import pandas as pd
import pytest

from tests.reports import make_report
from tests.shops import simulated_log, write_shop

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


HEADER = "customer,day,paid\n"
ROWS = [f"c{number},2024-03-{number % 28 + 1:02d},{number + 10}.50" for number in range(60)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ["orders.csv", "empty file"]),
        (HEADER, ["orders.csv", "no rows"]),
        ("customer,date,paid\n" + "\n".join(ROWS), ["orders.csv", "lacks 'day'", "customer, date, paid"]),
        (
            HEADER + "\n".join(row.replace("-03-", "-13-") for row in ROWS),
            ["orders.csv", "'day'", "line 2", "60 of 60"],
        ),
        (HEADER + "\n".join(row[:-5] + "gratis" for row in ROWS), ["orders.csv", "'paid'", "line 2", "gratis"]),
    ],
    ids=["empty", "header only", "missing column", "no dates", "no amounts"],
)
def test_a_broken_log_is_refused_with_file_column_and_line(tmp_path, text, sentences):
    folder = write_shop(tmp_path / "shop", pd.DataFrame(), name="shop")
    (folder / "orders.csv").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "clv_lib.cli", "check", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    for sentence in sentences:
        assert sentence in done.stderr


def test_a_broken_log_ends_a_run_with_exit_code_3_and_publishes_nothing(tmp_path):
    folder = write_shop(tmp_path / "shop", pd.DataFrame(), name="shop")
    (folder / "orders.csv").write_text(HEADER, encoding="utf-8")
    command = [sys.executable, "-m", "clv_lib.cli", "run", str(folder), "--reports", str(tmp_path / "reports")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    assert "below its header there are no rows" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "reports" / "index.html").exists()


def test_the_summary_opened_alone_makes_what_it_needs(tmp_path, root):
    """As "Run all" in JupyterLab on a fresh checkout; a small shop stands in for the dataset that it opens there."""
    import papermill

    source, target = root / "notebooks" / "00_summary.ipynb", tmp_path / "00_summary.ipynb"
    default = ast.literal_eval(papermill.inspect_notebook(source)["dataset"]["default"])
    assert (source.parent / default / "dataset.toml").is_file()
    shop = write_shop(tmp_path / "shop", simulated_log(customers=300, seed=5), name="shop")
    papermill.execute_notebook(
        source,
        target,
        parameters={"dataset": str(shop), "run_folder": str(tmp_path / "lab"), "profile": "quick"},
        cwd=source.parent,
        progress_bar=False,
    )
    shown = target.read_text(encoding="utf-8")
    assert "customers are expected to bring" in shown
    assert (tmp_path / "lab" / "artifacts" / "customer_values.csv").is_file()
