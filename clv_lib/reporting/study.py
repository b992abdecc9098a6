"""What a notebook holds in its hand: the settings, the run folder, and the languages it speaks.

Everything a notebook depends on arrives as a parameter; :func:`open_study` turns the parameters into one validated
object before anything is computed, so that a bad run dies in its first cell.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, cast

from clv_lib.data.handover import Handover
from clv_lib.data.quality import QualityReport
from clv_lib.errors import CannotEstimateError, UsageError
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.elements import Element, Paragraph, bundle
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.wording import LANGUAGES, Language, Quantity, count, number, say, words
from clv_lib.settings import ModelSection, Settings, load_settings

Profile = Literal["full", "quick"]
QUICK_DRAWS: Final = 400  # per chain: enough for the diagnostics gate, not for the tails
PACKAGES: Final = ("clv-lib", "pymc", "pymc-marketing", "nutpie", "arviz", "duckdb", "narwhals", "pandas", "numpy")


@dataclass(frozen=True)
class Study:
    """One notebook at work on one dataset.

    Attributes
    ----------
    notebook : str
    settings : Settings
    folder : RunFolder
        Where the notebook reads what came before it and writes what comes after.
    languages : tuple of {"en", "id"}
        The first is shown in JupyterLab; the pages hold them all.
    profile : {"full", "quick"}
        Quick keeps the story and shortens the sampling.
    """

    notebook: str
    settings: Settings
    folder: RunFolder
    languages: tuple[Language, ...]
    profile: Profile

    @property
    def model(self) -> ModelSection:
        """How to fit, with the profile taken into account."""
        model = self.settings.model
        if self.profile == "full":
            return model
        return model.model_copy(update={"draws": min(model.draws, QUICK_DRAWS), "tune": min(model.tune, 2 * QUICK_DRAWS)})

    @property
    def currency(self) -> str:
        """ISO code of every amount."""
        return self.settings.dataset.currency

    def show(self, *elements: Element) -> None:
        """Show elements below the cell, in the first language; the pages take all of them."""
        from IPython.display import display

        for element in elements:
            display(bundle(element, self.languages[0], self.languages), raw=True)

    def record(self, figures: Sequence[KeyFigure]) -> None:
        """Leave the key figures for ``run.json`` and the summary."""
        self.folder.record_key_figures(self.notebook, figures)

    def record_log(self, report: QualityReport, window: ObservationWindow, handover: Handover) -> None:
        """Leave what the log covers and how it was cut, for ``run.json`` and the notebooks that follow."""
        self.folder.record_data(
            self.notebook,
            rows=report.used.rows,
            customers=report.customers,
            first_day=report.first_day,
            last_day=window.end,
        )
        cut = {"start": window.start, "end": window.end, "calibration_end": window.calibration_end}
        self.folder.write_json("window", {**cut, "resolution": handover.resolution, "exact_spend": handover.exact_spend})

    def window(self) -> ObservationWindow:
        """Read the window that the data notebook has left."""
        cut = self.folder.read_json("window")
        days = {name: cut[name] and date.fromisoformat(cut[name]) for name in ("start", "end", "calibration_end")}
        return ObservationWindow(**days)

    def header(self, window: ObservationWindow | None = None) -> None:
        """Print what this run is about, for the log and for whoever reads along in JupyterLab."""
        print(f"{self.settings.title} | {self.currency} | profile {self.profile} | seed {self.settings.model.seed}")
        if window is not None:
            split = f", calibration to {window.calibration_end}" if window.calibration_end else ""
            print(f"observed {window.start} to {window.end}{split}")

    def versions(self) -> None:
        """Print what computed this page."""
        print(f"Python {platform.python_version()}; " + "; ".join(f"{name} {version(name)}" for name in PACKAGES))


def open_study(
    notebook: str,
    *,
    dataset: str,
    run_folder: str,
    as_of: str = "",
    profile: str = "full",
    languages: Sequence[str] = ("en",),
    overrides: Sequence[str] = (),
) -> Study:
    """Validate a notebook's parameters and make sure that what it reads is there.

    Where the run folder lacks what this notebook needs, as in JupyterLab on a fresh checkout, the notebooks that write
    it are executed first.

    Raises
    ------
    UsageError
        An unknown language or profile.
    SettingsError
        ``dataset.toml`` or an override is not valid.
    """
    from clv_lib.reporting.laboratory import ensure

    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or not languages:
        raise UsageError(f"languages must be some of {', '.join(LANGUAGES)}, but {unknown or 'none'} were given")
    if profile not in ("full", "quick"):
        raise UsageError(f"profile must be full or quick, but it is {profile!r}")
    settings = load_settings(Path(dataset), overrides=overrides, as_of=as_of or None)
    ensure(
        Path(run_folder), notebook, dataset=dataset, as_of=as_of, profile=profile, languages=list(languages), overrides=list(overrides)
    )
    study = Study(
        notebook=notebook,
        settings=settings,
        folder=RunFolder(Path(run_folder), notebook),
        languages=cast(tuple[Language, ...], tuple(languages)),
        profile=cast(Profile, profile),
    )
    _say_refusals_in_words(study)
    return study


def _quantity(value: float | str) -> Quantity:
    if isinstance(value, str):
        return words(value)
    return count(value) if float(value).is_integer() else number(value, 2)


def _say_refusals_in_words(study: Study) -> None:
    """Let a :class:`CannotEstimateError` end the notebook with a sentence on the page, in every language."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return

    def explain(shell: Any, kind: type, error: CannotEstimateError, traceback: Any, tb_offset: int | None = None) -> None:
        values = {name: _quantity(value) for name, value in error.values.items()}
        study.show(Paragraph((say(error.message, **values),), role="banner"))
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    shell.set_custom_exc((CannotEstimateError,), explain)
