"""What every test may count on: no colour, no network, warnings of our own as errors."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.requirements import require

os.environ.setdefault("NO_COLOR", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# Spark runs many small plans once each here, so that Java's slow second compiler never earns back what it takes
os.environ.setdefault("PYSPARK_SUBMIT_ARGS", "--driver-java-options -XX:TieredStopAtLevel=1 pyspark-shell")

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


@pytest.fixture(scope="session")
def membership_report(tmp_path_factory: pytest.TempPathFactory):
    """A report on members under contract."""
    from tests.reports import make_report

    folder = tmp_path_factory.mktemp("membership-reports")
    return make_report(ROOT / "data" / "memberships", "memberships", folder, "--profile", "quick")


# What takes longest starts first, so that no worker is left alone with it at the end; the names are those of groups.
REPORTS = ("report", "hostile_report", "membership_report")
LONGEST_FIRST = ("test_answers", *REPORTS, "test_faults", "test_pipeline", "test_fitting", "spark")


def _group(item: pytest.Item) -> str:
    """Tests of one group run on one worker and share its fixtures.

    They are those of a file, all that start Spark, and all that read one of the reports, which take a minute each.
    """
    if item.get_closest_marker("spark"):
        return "spark"
    parameters = getattr(item, "callspec", None)
    named = {parameters.params.get("any_report")} if parameters else set()
    reads = named | set(getattr(item, "fixturenames", ()))
    return next((name for name in REPORTS if name in reads), item.path.stem)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Name the group to pytest-xdist (``--dist loadgroup``), which reads the names as soon as all are collected."""
    item.add_marker(pytest.mark.xdist_group(_group(item)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the groups; ``--no-loadscope-reorder`` keeps the order."""
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(_group(item), len(ranks)))


@pytest.fixture(scope="session")
def spark_session() -> Iterator[None]:
    """One Spark for all tests: it is started by the first engine that asks, and every further one finds it running."""
    from clv_lib.data.opening import open_engine
    from clv_lib.settings import EngineSection

    with open_engine(EngineSection(kind="spark")):
        yield


@pytest.fixture(autouse=True)
def _spark_where_it_is_needed(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("spark"):
        require("pyspark", "java")
        request.getfixturevalue("spark_session")
