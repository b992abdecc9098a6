"""What a run is made of: notebooks, their order, the library behind them, and how pages are made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from clv_lib.errors import UsageError
from clv_lib.reporting.execution import import_nbformat_fast
from clv_lib.reporting.fingerprints import LIBRARY
from clv_lib.reporting.stages import STAGES, Stage

if TYPE_CHECKING:
    from clv_lib.reporting.wording import Language

RenderRun = Callable[[Path, Sequence[str], dict[str, Any]], None]
CONTRACTS: Final = (
    "contracts"  # below the notebooks: those that take the place of others where customers are under contract
)
RenderIndex = Callable[[Path], dict[str, str]]


@dataclass(frozen=True)
class Suite:
    """A set of notebooks that belong together.

    Attributes
    ----------
    notebooks : Path
        Their folder.
    stages : tuple of Stage
        Their order.
    library : Path
        Folder of sources whose change makes every notebook run again.
    render_run, render_index : callable
        Write the pages of one run from its folder, languages and record; and make the index of the reports folder, as
        file name to HTML.
    """

    notebooks: Path
    stages: tuple[Stage, ...]
    library: Path
    render_run: RenderRun
    render_index: RenderIndex

    def source(self, notebook: str, *, contractual: bool) -> Path:
        """The file of a notebook: where customers are under contract, the one for contracts if there is one.

        Both have the same name, leave the same files and make the same page.
        """
        own = self.notebooks / CONTRACTS / f"{notebook}.ipynb"
        return own if contractual and own.is_file() else self.notebooks / f"{notebook}.ipynb"


def standard_suite() -> Suite:
    """Return the notebooks of this package: beside it in a checkout, inside it when it is installed."""
    for folder in (LIBRARY.parent / "notebooks", LIBRARY / "notebooks"):
        if (folder / f"{STAGES[0].notebook}.ipynb").is_file():
            return Suite(folder, STAGES, LIBRARY, _render_run, _render_index)
    raise UsageError(f"the notebooks must lie beside or inside {LIBRARY}, but they do not. Install the package again.")


def _render_run(run_folder: Path, languages: Sequence[str], run: dict[str, Any]) -> None:
    import_nbformat_fast()
    from clv_lib.reporting.pages import render_run  # late: a run that is up to date needs no templates

    render_run(run_folder, cast("Sequence[Language]", languages), run)


def _render_index(reports: Path) -> dict[str, str]:
    from clv_lib.reporting.pages import render_index

    return render_index(reports)
