"""``clv`` with the toy notebooks in place of the real ones."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "notebooks"))

import toy_moods

from clv_lib import cli
from clv_lib.reporting import pipeline

pipeline.standard_suite = toy_moods.suite

if __name__ == "__main__":
    cli.main()
