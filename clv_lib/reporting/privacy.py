"""What is published names files, not the folders of the machine that made it."""

import re
from pathlib import Path
from typing import Any, Final

from clv_lib.reporting.processes import Place, relative

_FOLDERS: Final = re.compile(r"(?<![\w.:/~-])(?:/[^\s/'\"`<>|:;,()\[\]{}]+)+/(?=[^\s/'\"`]|$|['\"`\s])")


def without_places(value: Any) -> Any:
    """The value with every absolute path in its texts cut down to the name at its end."""
    if isinstance(value, str):
        return _FOLDERS.sub("", value)
    if isinstance(value, dict):
        return {name: without_places(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_places(each) for each in value]
    return value


def make_public(place: Place, notebook: str, *, dataset: Path, public_folder: str) -> None:
    """Take this machine's folders out of an executed notebook and its log.

    Parameters
    ----------
    place : Place
        Where the notebook was run.
    notebook : str
        Name without ``.ipynb``.
    dataset : Path
        The dataset's folder; it keeps its relative path when it lies in the project, and only its name otherwise.
    public_folder : str
        Stands for the staging folder.
    """
    executed = place.executed(notebook)
    text = executed.read_text(encoding="utf-8").replace(relative(place.run_folder, place.notebooks), public_folder)
    way = relative(dataset, place.notebooks)
    if way.startswith("../../"):
        text = text.replace(way, dataset.absolute().name)
    executed.write_text(text, encoding="utf-8")
    log = place.log(notebook)
    if log.exists():
        log.write_text(without_places(log.read_text(encoding="utf-8", errors="replace")), encoding="utf-8")
