"""What docs/operations.md tells an operator to type is what ``clv`` understands."""

import ast
import json
import re
import shlex
import subprocess

import pytest
import typer

from clv_lib.cli import app


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "operations.md").read_text()


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.S)


def test_every_clv_command_of_the_page_is_understood(page):
    commands = re.findall(
        r"\bclv (run|runs|check|init)\b([^|&>\"`\n]*)", "\n".join(re.findall(r"```.*?```", page, flags=re.S))
    )
    assert len(commands) >= 4
    group = typer.main.get_command(app)
    for name, rest in commands:
        group.commands[name].make_context(name, shlex.split(rest))


def test_every_option_that_the_page_names_exists(page):
    command = typer.main.get_command(app).commands["run"]
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", page)) <= known


def test_the_exit_codes_of_the_page_are_those_of_the_help(page):
    of_page = set(re.findall(r"^\| (\d+)(?:, \d+)? \|", page, flags=re.M))
    help_text = typer.main.get_command(app).commands["run"].help
    assert of_page == set(re.findall(r"^ +(\d+)  ", help_text, flags=re.M))


def test_the_airflow_example_is_python(page):
    (example,) = blocks(page, "python")
    ast.parse(example)


def test_the_retention_example_keeps_the_newest_runs_and_the_one_that_readers_see(page, tmp_path):
    (example,) = [block for block in blocks(page, "bash") if "tail" in block]
    folder = tmp_path / "reports" / "cdnow"
    names = [f"20260101T0000{second:02d}Z-000000aa" for second in range(40)]
    for name in names:
        (folder / name).mkdir(parents=True)
    (folder / "latest.json").write_text(json.dumps({"run_id": names[3], "path": names[3]}, indent=2))
    (folder.parent / "index.html").touch()
    subprocess.run(["bash", "-eu", "-c", example], cwd=tmp_path, check=True)
    assert sorted(path.name for path in folder.glob("2*")) == [names[3], *names[10:]]
