"""What every test may count on: no colour, no network, warnings of our own as errors."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("NO_COLOR", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def cdnow() -> Path:
    """Folder of the CDNOW dataset."""
    return ROOT / "data" / "cdnow"


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory):
    """A report on the whole CDNOW log, quick profile, both languages."""
    from tests.reports import make_report

    return make_report(ROOT / "data" / "cdnow", "cdnow", tmp_path_factory.mktemp("reports"), "--profile", "quick")


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory):
    """A report on a whole customer record whose every word is an attack."""
    from tests.hostile_record import hostile_shop
    from tests.reports import make_report

    folder = hostile_shop(tmp_path_factory.mktemp("hostile"))
    return make_report(folder, "hostile", tmp_path_factory.mktemp("hostile-reports"), "--profile", "quick")
