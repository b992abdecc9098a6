"""Which file a notebook is read from: where customers are under contract, the one for contracts, if there is one."""

import shutil

import pytest

from clv_lib.reporting.processes import Place
from clv_lib.reporting.request import prepare
from clv_lib.reporting.stages import Stage
from clv_lib.reporting.suite import CONTRACTS, Suite
from tests.pipeline_support import TOY

STAGES = (Stage("01_rows"), Stage("02_value", needs=("01_rows",)))


@pytest.fixture
def suite(tmp_path) -> Suite:
    """The toy notebooks, the second of which there is for contracts, too."""
    notebooks = tmp_path / "notebooks"
    shutil.copytree(TOY / "notebooks", notebooks)
    (notebooks / CONTRACTS).mkdir()
    source = (notebooks / "02_value.ipynb").read_text(encoding="utf-8")
    (notebooks / CONTRACTS / "02_value.ipynb").write_text(source.replace("mood", "humour"), encoding="utf-8")
    return Suite(notebooks, STAGES, TOY, lambda *_: None, lambda _: {})


def asked(suite, root, *overrides, only=()):
    return prepare(
        root / "data" / "memberships", as_of=None, profile="quick", languages=(), only=only,
        overrides=overrides, jobs=1, force=False, suite=suite,
    )  # fmt: skip


def test_the_setting_chooses_the_file_and_the_name_stays(suite, root):
    under_contract = asked(suite, root)
    assert under_contract.notebooks == {
        "01_rows": suite.notebooks / "01_rows.ipynb",
        "02_value": suite.notebooks / "contracts" / "02_value.ipynb",
    }
    without = asked(suite, root, "dataset.setting=noncontractual")
    assert without.notebooks["02_value"] == suite.notebooks / "02_value.ipynb"


def test_only_names_the_notebook_of_either_kind(suite, root):
    assert list(asked(suite, root, only=["02"]).notebooks) == ["01_rows", "02_value"]


def test_the_content_key_follows_the_file_that_is_run(suite, root):
    before = asked(suite, root)
    other = suite.notebooks / "02_value.ipynb"
    other.write_text(other.read_text(encoding="utf-8").replace("mood", "spirit"), encoding="utf-8")
    assert asked(suite, root).keys == before.keys, "the notebook that is not run does not count"
    own = suite.notebooks / "contracts" / "02_value.ipynb"
    own.write_text(own.read_text(encoding="utf-8").replace("humour", "temper"), encoding="utf-8")
    after = asked(suite, root)
    assert after.keys["01_rows"] == before.keys["01_rows"]
    assert after.keys["02_value"] != before.keys["02_value"]


def test_parameters_are_those_that_the_chosen_file_declares(suite, root):
    assert asked(suite, root, "value_humour=calm").parameters["02_value"]["value_humour"] == "calm"


def test_it_is_run_in_the_folder_of_the_notebooks_and_published_under_its_name(suite, root, tmp_path):
    """The working directory is the same for all, so that a path means the same in each."""
    place = Place(suite.notebooks, tmp_path / "run", asked(suite, root).notebooks)
    assert place.source("02_value") == suite.notebooks / "contracts" / "02_value.ipynb"
    assert place.source("01_rows") == suite.notebooks / "01_rows.ipynb"
    assert place.executed("02_value") == tmp_path / "run" / "notebooks" / "02_value.ipynb"
