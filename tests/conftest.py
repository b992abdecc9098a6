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
