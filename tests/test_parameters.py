"""A notebook's parameters are taken as declared, or refused before anything starts."""

import json

import pytest

from clv_lib.errors import UsageError
from clv_lib.reporting.fingerprints import notebook_digest
from clv_lib.reporting.parameters import declared, resolve, split_overrides
from clv_lib.reporting.privacy import without_places
from clv_lib.reporting.stages import STAGES, Stage, selected

DECLARATION = """dataset: str = "x"
code: str = "007"
count: int = 3
rate: float = 0.5
loud: bool = False
names: list[str] = []"""


def notebook(folder, source=DECLARATION, tags=("parameters",), **cell):
    path = folder / "one.ipynb"
    code = {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source.splitlines(True),
        "outputs": [],
        **cell,
    }
    path.write_text(json.dumps({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("code", "007", "007"),
        ("code", "!false", "!false"),
        ("code", "null", "null"),
        ("code", "", ""),
        ("count", "7", 7),
        ("rate", "0.25", 0.25),
        ("rate", "1", 1.0),
        ("loud", "true", True),
        ("names", '["a", "b"]', ["a", "b"]),
    ],
)
def test_a_value_gets_exactly_its_declared_type(tmp_path, name, text, value):
    (found,) = resolve({"one": notebook(tmp_path)}, {}, {name: text})["one"].values()
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "name, text",
    [
        ("count", "007"),
        ("count", "3.5"),
        ("count", "true"),
        ("loud", "1"),
        ("loud", "yes"),
        ("names", "a"),
        ("names", "[1]"),
    ],
)
def test_a_value_of_another_type_is_refused(tmp_path, name, text):
    with pytest.raises(UsageError, match=f"{name} must be"):
        resolve({"one": notebook(tmp_path)}, {}, {name: text})


def test_an_unknown_name_is_refused_with_a_suggestion(tmp_path):
    with pytest.raises(UsageError, match="did you mean count"):
        resolve({"one": notebook(tmp_path)}, {}, {"cuont": "3"})


def test_a_typed_value_of_the_runner_is_checked_too_and_goes_only_where_it_is_declared(tmp_path):
    path = notebook(tmp_path)
    assert resolve({"one": path}, {"dataset": "../data", "profile": "quick"}, {}) == {"one": {"dataset": "../data"}}
    with pytest.raises(UsageError, match="dataset must be str"):
        resolve({"one": path}, {"dataset": 3}, {})


@pytest.mark.parametrize("source", ["x: int = len([])", "import os", "x: int", "def f(): pass", "x ="])
def test_a_parameters_cell_holds_literals_only(tmp_path, source):
    with pytest.raises(UsageError, match="must be literals"):
        declared(notebook(tmp_path, source))


def test_a_notebook_without_a_parameters_cell_is_refused(tmp_path):
    with pytest.raises(UsageError, match="it has 0"):
        declared(notebook(tmp_path, tags=()))


def test_a_type_is_inferred_from_a_plain_assignment(tmp_path):
    assert declared(notebook(tmp_path, "n = 3"))["n"].annotation == "int"


def test_settings_and_parameters_are_told_apart_by_the_dot():
    assert split_overrides(["economics.gross_margin=0.4", "top=5"]) == (["economics.gross_margin=0.4"], {"top": "5"})


@pytest.mark.parametrize("override", ["top", "=5", "run_folder=x", "profile=quick"])
def test_an_override_that_cannot_be_meant_is_refused(override):
    with pytest.raises(UsageError):
        split_overrides([override])


def test_outputs_do_not_count_as_a_change_of_a_notebook_but_its_code_does(tmp_path):
    clean = notebook_digest(notebook(tmp_path))
    assert notebook_digest(notebook(tmp_path, outputs=[{"output_type": "stream"}], execution_count=3)) == clean
    assert notebook_digest(notebook(tmp_path, DECLARATION + "\n")) != clean


def test_asking_for_a_notebook_brings_what_it_needs_in_the_tables_order():
    stages = (Stage("1"), Stage("2", needs=("1",)), Stage("3"), Stage("4", needs=("2",)))
    assert [stage.notebook for stage in selected(stages, ["4"])] == ["1", "2", "4"]
    assert selected(stages) == stages


def test_every_stage_needs_only_stages_before_it():
    for position, stage in enumerate(STAGES):
        assert set(stage.needs) <= {earlier.notebook for earlier in STAGES[:position]}


@pytest.mark.parametrize(
    "text, public",
    [
        ("see /home/ana/clv/data/x.csv, line 3", "see x.csv, line 3"),
        ('File "/usr/lib/python3/x.py", line 2', 'File "x.py", line 2'),
        ("../data/cdnow and/or 3/4 of USD/month", "../data/cdnow and/or 3/4 of USD/month"),
        ("https://example.org/a/b", "https://example.org/a/b"),
    ],
)
def test_a_published_text_names_files_and_not_the_folders_of_a_machine(text, public):
    assert without_places([{"x": text}]) == [{"x": public}]
