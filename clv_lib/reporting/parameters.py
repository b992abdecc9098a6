"""A notebook's parameters, checked before anything starts.

The ``parameters`` cell declares them as annotated literals. An unknown name would be ignored by Papermill with a
warning that nobody reads, and a wrong type would surface an hour later; here both are refused at once.
"""

import ast
import builtins
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from clv_lib.errors import UsageError
from clv_lib.reporting.files import read_json

OWNED: Final = {  # set by the runner, each through an option of its own
    "dataset": "DATASET",
    "run_folder": "--reports",
    "as_of": "--as-of",
    "profile": "--profile",
    "languages": "--lang",
    "overrides": "--set section.key=value",
    "previous": "",  # found among the published runs
}
_TYPES: Final = {name: getattr(builtins, name) for name in ("str", "int", "float", "bool", "list", "dict", "tuple")}


@dataclass(frozen=True)
class Parameter:
    """A declared parameter: its type as it is written, and its default."""

    name: str
    annotation: str
    default: Any


def read_notebook(path: Path) -> dict[str, Any]:
    """The notebook as JSON.

    Raises
    ------
    UsageError
        The file is missing or is no notebook.
    """
    try:
        found = read_json(path)
        found["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"the notebook {path.name} must be a notebook that can be read, but {error}") from error
    return found


def declared(path: Path) -> dict[str, Parameter]:
    """The parameters that a notebook declares in its one ``parameters`` cell.

    Raises
    ------
    UsageError
        The cell is missing, doubled, or holds more than annotated literals.
    """
    cells = [cell for cell in read_notebook(path)["cells"] if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(cells) != 1:
        raise UsageError(f"{path.name} must have one cell tagged 'parameters', but it has {len(cells)}")
    source = "".join(cells[0]["source"])
    try:
        return {parameter.name: parameter for parameter in map(_parameter, ast.parse(source).body)}
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            f"the parameters of {path.name} must be literals as in 'name: str = \"\"', but {error}"
        ) from error


def _parameter(statement: ast.stmt) -> Parameter:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
        default = ast.literal_eval(statement.value)
        return Parameter(statement.target.id, ast.unparse(statement.annotation), default)
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        default = ast.literal_eval(statement.value)
        return Parameter(statement.targets[0].id, type(default).__name__, default)
    raise ValueError(f"line {statement.lineno} is no assignment of a literal")


def split_overrides(overrides: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """``section.key=value`` for the settings, and ``name=value`` for the notebooks.

    Raises
    ------
    UsageError
        There is no ``=``, or the name belongs to an option of its own.
    """
    settings, parameters = [], {}
    for override in overrides:
        key, separator, value = override.partition("=")
        if not separator or not key.strip():
            raise UsageError(
                f"--set must read key=value, but {override!r} does not; as in --set economics.gross_margin=0.4"
            )
        if "." in key:
            settings.append(override)
        elif key.strip() in OWNED:
            option = OWNED[key.strip()]
            remedy = f"use {option} instead of --set" if option else "it cannot be chosen"
            raise UsageError(f"{key.strip()} is set by the runner; {remedy}")
        else:
            parameters[key.strip()] = value.strip()
    return settings, parameters


def resolve(
    notebooks: Mapping[str, Path], given: Mapping[str, Any], texts: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """What each notebook will be called with, beside the defaults.

    Parameters
    ----------
    notebooks : mapping of str to Path
        The notebooks of this run.
    given : mapping
        Typed values of the runner; a notebook gets those that it declares.
    texts : mapping of str to str
        Values as they were typed on the command line.

    Raises
    ------
    UsageError
        A name is declared by no notebook, or a value is not of the declared type.
    """
    declarations = {name: declared(path) for name, path in notebooks.items()}
    known = sorted({parameter for each in declarations.values() for parameter in each} - set(OWNED))
    for name in texts:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            listed = (
                f"known: {', '.join(known)}." if known else "they have none of their own; settings are section.key."
            )
            hint = f"did you mean {near[0]}?" if near else listed
            raise UsageError(f"--set must name a parameter of a notebook, but none declares {name!r}; {hint}")
    return {
        notebook: {
            name: checked(parameter, given, texts) for name, parameter in each.items() if name in given or name in texts
        }
        for notebook, each in declarations.items()
    }


def checked(parameter: Parameter, given: Mapping[str, Any], texts: Mapping[str, str]) -> Any:
    """The value for a parameter, of exactly the declared type: text stays text, '007' and 'false' included."""
    try:
        adapter = TypeAdapter(eval(parameter.annotation, {"__builtins__": {}}, dict(_TYPES)))  # noqa: S307
    except Exception as error:
        raise UsageError(
            f"the type of {parameter.name} must be plain, as str or list[str], but it is {parameter.annotation}"
        ) from error
    value = given[parameter.name] if parameter.name in given else texts[parameter.name]
    attempts = [value] if parameter.name in given else [value, _toml(value)]
    for attempt in attempts:
        try:
            return adapter.validate_python(attempt, strict=True)
        except ValidationError:
            continue
    raise UsageError(f"{parameter.name} must be {parameter.annotation}, but it is {value!r}")


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
