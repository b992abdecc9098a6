"""Ways in which a toy notebook can go wrong, and the suite that the toy notebooks make."""

import os
import subprocess
import sys
import time
from pathlib import Path

from clv_lib.errors import CannotEstimateError, DataError, DiagnosticsError
from clv_lib.reporting.runs import all_runs
from clv_lib.reporting.stages import DATA_SECTIONS, Stage
from clv_lib.reporting.suite import Suite

HERE = Path(__file__).parent


def act(mood, folder):
    """Do as the mood says: 'name' or 'name:argument'."""
    name, _, argument = mood.partition(":")
    if name == "sleep":
        time.sleep(float(argument))
    elif name == "nanny":  # a kernel with a child of its own
        subprocess.run(["sleep", argument], check=True)
    elif name == "fail":
        raise ValueError("the toy is broken")
    elif name == "data":
        raise DataError("sales.csv must have an amount in every row, but line 3 has none. Correct the export.")
    elif name == "cannot":
        raise CannotEstimateError("nobody bought twice, so {what} cannot be estimated", what="repeat buying")
    elif name == "doubt":
        folder.record_diagnostics(folder.notebook, trusted=False, reasons=["R-hat is 1.2"], values={"rhat_max": 1.2})
    elif name == "diagnostics":
        raise DiagnosticsError("chains must agree, but R-hat is 1.2")
    elif name == "die":
        os.kill(os.getpid(), 9)
    elif name == "noise":
        print(f"a warning from {HERE}/toy_moods.py", file=sys.stderr)
    elif name == "fill":
        with folder.file("big.txt") as path, path.open("wb") as file:
            for _ in range(int(argument)):
                file.write(b"x" * 1_000_000)


def suite():
    """The toy notebooks, with pages that are one line each."""
    stages = (
        Stage("01_rows", reads=DATA_SECTIONS),
        Stage("02_value", needs=("01_rows",)),
        Stage("00_last", needs=("01_rows", "02_value")),
    )
    return Suite(HERE, stages, HERE, _render_run, _render_index)


def _render_run(folder, languages, run):
    if os.environ.get("TOY_PAGES_FAIL"):
        raise RuntimeError("the template is broken")
    time.sleep(float(os.environ.get("TOY_PAGES_SLEEP", "0")))
    for stage in run["stages"]:
        (folder / f"{stage['notebook']}.html").write_text(f"{stage['notebook']} {run['status']}")


def _render_index(reports):
    if os.environ.get("TOY_INDEX_FAILS"):
        raise RuntimeError("the index is broken")
    runs = [run for run in all_runs(reports) if run.path.parent.name != "failed"]
    padding = " " * int(os.environ.get("TOY_INDEX_BYTES", "0"))
    return {"index.html": "\n".join(f"{run.run_id} {run.status}" for run in runs) + padding}
