"""What a newcomer installs is what we say: the lock, the environments, the table of rooms, the glossary."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_environment_yml_is_what_pyproject_says(tmp_path):
    fresh = tmp_path / "environment.yml"
    command = [
        str(Path(sys.executable).parent / "pyproject2conda"), "yaml", "--name", "clv", "--python-include", "infer",
        "--no-header", "--output", str(fresh),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    assert (ROOT / "environment.yml").read_text() == fresh.read_text(), "run make environment"


def test_environment_yml_names_every_dependency(project):
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    listed_names = {re.split(r"[<>=]", str(item))[0] for item in listed[:-1]}
    names = listed_names | {name.removeprefix("python-") for name in listed_names}
    names |= {re.split(r"[<>=]", item)[0] for item in listed[-1]["pip"]}
    required = {re.split(r"[<>=\[]", item)[0] for item in project["project"]["dependencies"]}
    assert required <= names


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-spark.lock"])
def test_the_lock_pins_every_dependency_with_hashes_and_holds_no_address(project, lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = {match.lower() for match in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", text, flags=re.M)}
    wanted = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["dev"]
    missing = {re.split(r"[<>=\[]", item)[0].lower() for item in wanted} - pinned
    assert missing == set()
    assert "://" not in text
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert not [block.split()[0] for block in blocks if "==" in block.split("\n")[0] and "--hash=sha256:" not in block]


def test_every_dependency_has_a_reason(project):
    reasons = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").split("## Dependencies")[1]
    extras = project["project"]["optional-dependencies"]
    for item in [
        *project["project"]["dependencies"],
        *extras["spark"],
        *extras["sql"],
        *extras["examples"],
        *extras["dev"],
    ]:
        name = re.split(r"[<>=\[]", item)[0]
        stubs = name.endswith("-stubs") or name.startswith("types-")
        assert name.lower() in reasons.lower() or (stubs and "stubs" in reasons), (
            f"{name} has no reason in docs/decisions.md"
        )


def test_the_glossary_says_what_the_code_says():
    from clv_lib.names import MEANINGS

    rows = dict(
        re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), flags=re.M)
    )
    assert rows == MEANINGS


def test_the_readme_names_every_room():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "clv_lib").iterdir():
        if path.name != "__init__.py" and not path.name.startswith(("_", ".")):
            assert path.stem in readme, f"{path.name} is not in the README's table"


def test_everything_the_readme_points_at_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_make_help_lists_the_commands_that_the_readme_uses():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("report", "test", "lab", "help"):
        assert f"make {command} " in done.stdout


def test_the_project_stands_alone():
    """No path of a machine and no registry in any committed file."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = [
        name
        for name in files
        if Path(name).suffix not in {".png", ".gz", ".zst", ".parquet"}
        and re.search(rb"/(?:root|work)/\w|index[-]url|find[-]links *=", (ROOT / name).read_bytes())
        and name != "tests/test_packaging.py"
    ]
    assert found == []


def test_tests_of_one_file_run_on_one_worker(request):
    """A report that takes a minute is made once; pytest and pytest-xdist must agree on how to say so."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@test_packaging")
    assert [mark.args for mark in request.node.iter_markers("xdist_group")] == [("test_packaging",)]
