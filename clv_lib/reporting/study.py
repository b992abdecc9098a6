"""What a notebook holds in its hand: the settings, the run folder, and the languages it speaks.

Everything a notebook depends on arrives as a parameter; :func:`open_study` turns the parameters into one validated
object before anything is computed, so that a bad run dies in its first cell.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import pandas as pd
from pydantic import TypeAdapter

from clv_lib.data.handover import LogFacts, ValuedCustomers, valued_customers
from clv_lib.data.past import PROFIT
from clv_lib.data.quality import QualityReport
from clv_lib.errors import CannotEstimateError, UsageError
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.elements import Element, Paragraph, bundle
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.previous import PreviousRun, previous_run
from clv_lib.reporting.wording import LANGUAGES, Language, refusal_sentence
from clv_lib.settings import ModelSection, Settings, load_settings

if TYPE_CHECKING:
    import narwhals as nw

    from clv_lib.analysis.valuation import CustomerValues
    from clv_lib.data.record import CustomerRecord, RecordReport
    from clv_lib.models.fitting import Diagnostics

Profile = Literal["full", "quick"]
FIGURE_DRAWS: Final = 400  # their Monte Carlo error is a twentieth of the posterior's own width
LOG: Final = "log"
QUALITY: Final = "quality"
RECORD_PREFIX: Final = "record_"  # record_<table>.parquet: a table of the customer record as accepted
RECORD_REPORT: Final = "record"  # what became of the rows of each
VALUE_NOTEBOOK: Final = "04_lifetime_value"
REFUSAL: Final = "refusal"  # why values cannot be estimated, left by that notebook for the summary
TABLES: Final = (
    "cells",
    "spend_cells",
    "valuation_cells",
    "acquisitions",
    "repeats",
    "split_cells",
    "backtest_cells",
    "calibration_cells",
    "calibration_spend_cells",
)
QUICK_ROWS: Final = 3_000
QUICK_DRAWS: Final = 400  # per chain: enough for the diagnostics gate, not for the tails
PACKAGES: Final = ("clv-lib", "pymc", "pymc-marketing", "nutpie", "arviz", "duckdb", "narwhals", "pandas", "numpy")


_LOG_FACTS: Final = TypeAdapter(LogFacts)


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
    before : str
        The run before; empty where there is none, or where the notebook does not ask.
    """

    notebook: str
    settings: Settings
    folder: RunFolder
    languages: tuple[Language, ...]
    profile: Profile
    before: str = ""

    def previous(self) -> PreviousRun | None:
        """The run that this one is compared with: the last published whole run of the dataset that differs from it.

        None in a first run.
        """
        return previous_run(self.folder.path, self.settings.dataset.name, self.before)

    @property
    def model(self) -> ModelSection:
        """How to fit, with the profile taken into account."""
        model = self.settings.model
        if self.profile == "full":
            return model
        return model.model_copy(
            update={"draws": min(model.draws, QUICK_DRAWS), "tune": min(model.tune, 2 * QUICK_DRAWS)}
        )

    @property
    def seed(self) -> int:
        """Of everything random."""
        return self.settings.model.seed

    @property
    def draws(self) -> int:
        """Posterior draws that are carried through every figure."""
        return FIGURE_DRAWS if self.profile == "full" else FIGURE_DRAWS // 2

    @property
    def most_rows(self) -> int:
        """Customer-periods that a model of many signs learns from: its time grows with them."""
        from clv_lib.models.churn import MOST_ROWS

        return MOST_ROWS if self.profile == "full" else QUICK_ROWS

    @property
    def currency(self) -> str:
        """ISO code of every amount."""
        return self.settings.dataset.currency

    def show(self, *elements: Element) -> None:
        """Show elements below the cell, in the first language; the pages take all of them."""
        from IPython.display import display

        for element in elements:
            display(bundle(element, self.languages[0], self.languages), raw=True)

    def record_figures(self, figures: Sequence[KeyFigure]) -> None:
        """Leave the key figures for ``run.json`` and the summary."""
        self.folder.record_key_figures(self.notebook, figures)

    def record(self) -> "dict[str, nw.LazyFrame[Any]]":
        """The tables of the customer record that the data notebook has left, opened in DuckDB, by name."""
        from clv_lib.data.handover import opened_record

        paths = {name: f"{RECORD_PREFIX}{name}.parquet" for name in type(self.settings.tables).model_fields}
        return opened_record({name: self.folder.where(file) for name, file in paths.items() if self.folder.has(file)})

    def record_tables(self, record: "CustomerRecord") -> None:
        """Leave every accepted table for the notebooks that follow, and the account of each and of the checks."""
        from clv_lib.data.engines import write_parquet

        for name, frame in record.ordered_frames.items():
            with self.folder.file(f"{RECORD_PREFIX}{name}.parquet") as path:
                write_parquet(frame, path)
        self.folder.write_json(RECORD_REPORT, record.to_dict())

    def record_report(self) -> "RecordReport":
        """The account of every table and of the checks across them that the data notebook has left."""
        from clv_lib.data.record import RecordReport

        return RecordReport.from_dict(self.folder.read_json(RECORD_REPORT))

    def record_log(self, report: QualityReport, facts: LogFacts) -> None:
        """Leave what the log covers and how it was cut, for ``run.json`` and the notebooks that follow."""
        self.folder.record_data(
            self.notebook,
            rows=report.used.rows,
            customers=report.customers,
            first_day=report.first_day,
            last_day=facts.window.end,
        )
        self.folder.write_json(QUALITY, report.to_dict())
        self.folder.write_json(LOG, _LOG_FACTS.dump_python(facts, mode="json"))

    def log(self) -> LogFacts:
        """What the data notebook has left about the log as a whole."""
        return _LOG_FACTS.validate_python(self.folder.read_json(LOG))

    def quality(self) -> QualityReport:
        """The account of every row that the data notebook has left."""
        return QualityReport.from_dict(self.folder.read_json(QUALITY))

    def tables(self) -> dict[str, pd.DataFrame]:
        """The small tables that the data notebook has left for the models."""
        return {name: self.folder.read_table(name) for name in TABLES if self.folder.has(f"{name}.parquet")}

    def customers(self, values: "CustomerValues", *, costs_are_measured: bool = False) -> ValuedCustomers:
        """Every customer of the data notebook with the value of its cell, and what it has brought so far.

        Parameters
        ----------
        values : CustomerValues
        costs_are_measured : bool
            Whether the costs per customer that the notebook on costs has left come from a ledger.
        """
        path, measured = self.folder.where("customers.parquet"), f"{PROFIT}.parquet"
        there = costs_are_measured and self.folder.has(measured)
        return valued_customers(
            path,
            values.cells,
            gross_margin=self.settings.economics.gross_margin,
            profit=self.folder.where(measured) if there else None,
        )

    @property
    def sound(self) -> bool:
        """Whether the models of this notebook passed their checks."""
        return bool(self.folder.diagnostics()[self.notebook]["trusted"])

    def trust(self, checks: "Sequence[Diagnostics]") -> None:
        """Leave word whether the models passed their checks; if not, the run ends with exit code 4."""
        self.folder.record_diagnostics(
            self.notebook,
            trusted=all(check.trusted for check in checks),
            reasons=dict.fromkeys(reason for check in checks for reason in check.reasons),
            values={
                "rhat_max": max((check.rhat_max for check in checks), default=float("nan")),
                "ess_bulk_min": min((check.ess_bulk_min for check in checks), default=float("nan")),
                "ess_tail_min": min((check.ess_tail_min for check in checks), default=float("nan")),
                "divergences": sum(check.divergences for check in checks),
            },
        )

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
    previous: str = "",
) -> Study:
    """Validate a notebook's parameters and make sure that what it reads is there.

    Where the run folder lacks what this notebook needs, as in JupyterLab on a fresh checkout, the notebooks that write
    it are executed first.

    Parameters
    ----------
    notebook : str
        Its name, as in the table of stages.
    dataset, run_folder, as_of, profile, languages, overrides
        Its parameters.
    previous : str
        The published run to compare with, for notebooks that look back. By hand it may stay empty: the last one that
        differs is taken.

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
    before = ensure(
        Path(run_folder),
        notebook,
        dataset=dataset,
        as_of=as_of,
        profile=profile,
        languages=list(languages),
        overrides=list(overrides),
    )
    study = Study(
        notebook=notebook,
        settings=settings,
        folder=RunFolder(Path(run_folder), notebook),
        languages=cast(tuple[Language, ...], tuple(languages)),
        profile=cast(Profile, profile),
        before=previous or before or "",
    )
    _say_refusals_in_words(study)
    return study


def _say_refusals_in_words(study: Study) -> None:
    """Let a :class:`CannotEstimateError` end the notebook with a sentence on the page, in every language."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return

    def explain(
        shell: Any, kind: type, error: CannotEstimateError, traceback: Any, tb_offset: int | None = None
    ) -> None:
        if study.notebook == VALUE_NOTEBOOK:
            study.folder.write_json(REFUSAL, {"message": error.message, "values": dict(error.values)})
        study.show(Paragraph((refusal_sentence(error.message, error.values),), role="banner"))
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    shell.set_custom_exc((CannotEstimateError,), explain)
