"""The notebooks are stories: one question, one parameters cell, no logic, no outputs, no figure typed by hand."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from clv_lib.reporting.parameters import declared
from clv_lib.reporting.stages import STAGES
from clv_lib.reporting.suite import CONTRACTS
from clv_lib.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
OF_PURCHASES = sorted((ROOT / "notebooks").glob("*.ipynb"))
OF_CONTRACTS = sorted((ROOT / "notebooks" / CONTRACTS).glob("*.ipynb"))
NOTEBOOKS = [*OF_PURCHASES, *OF_CONTRACTS]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix())
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_is_a_stage_and_every_stage_a_notebook():
    assert {path.stem for path in OF_PURCHASES} == {stage.notebook for stage in STAGES}
    assert {path.stem for path in OF_CONTRACTS} <= {path.stem for path in OF_PURCHASES}


def defaults(path: Path) -> dict[str, object]:
    return {name: parameter.default for name, parameter in declared(path).items()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix())
def test_it_runs_as_it_stands_from_its_own_folder(path):
    """Its default dataset has the setting that the notebook is for; both kinds take the same parameters."""
    assert load_settings(path.parent / str(defaults(path)["dataset"])).contractual == (path in OF_CONTRACTS)
    assert (path.parent / str(defaults(path)["run_folder"])).resolve().is_relative_to(ROOT / "reports")
    assert set(defaults(path)) == set(defaults(ROOT / "notebooks" / path.name))


def test_it_opens_with_its_only_h1_which_is_a_question(notebook):
    titles = [
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("# ")
    ]
    assert len(titles) == 1
    assert titles[0].endswith("?")
    assert notebook.cells[0].source.startswith(titles[0])


def test_it_has_one_parameters_cell_of_typed_literals_that_say_what_they_mean(notebook):
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(cells) == 1
    statements = ast.parse(cells[0].source).body
    for statement, line in zip(statements, cells[0].source.splitlines(), strict=True):
        assert isinstance(statement, ast.AnnAssign)
        ast.literal_eval(statement.value)
        assert "  # " in line, f"{line} does not say what it means"


def test_it_is_committed_without_outputs(notebook):
    assert not [cell for cell in code_cells(notebook) if cell.outputs or cell.execution_count]


def test_its_cells_are_short_and_hold_no_logic(notebook):
    for cell in code_cells(notebook):
        tree = ast.parse(cell.source)
        assert not [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If | ast.While)
        ]
        assert "parameters" in cell.metadata.get("tags", []) or len(cell.source.splitlines()) <= 20


def test_about_half_of_it_is_prose(notebook):
    prose = sum(cell.cell_type == "markdown" for cell in notebook.cells)
    assert 0.3 <= prose / len(notebook.cells) <= 0.7


def test_no_figure_is_typed_into_the_prose(notebook):
    """A parameterised run would make it lie."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"\$\$?.*?\$\$?|`[^`]*`", "", cell.source, flags=re.S)
            assert not re.search(r"\d", prose), cell.source


def names_used(notebook) -> set[str]:
    trees = [ast.walk(ast.parse(cell.source)) for cell in code_cells(notebook)]
    return {
        node.attr
        for tree in trees
        for node in tree
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "clv"
    }


def test_the_package_offers_what_the_notebooks_use_and_nothing_else():
    import clv_lib

    used = set().union(*(names_used(nbformat.read(path, as_version=4)) for path in NOTEBOOKS))
    assert set(clv_lib.__all__) == used
    assert all(getattr(clv_lib, name) is not None for name in used)
