"""The pages of a run and the list of all runs: which file holds what, and how they link."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from clv_lib.reporting.elements import Paragraph
from clv_lib.reporting.files import write_text
from clv_lib.reporting.html import SUMMARY, frame, heading_of, language_link, read_notebook, render_body
from clv_lib.reporting.runs import RANK, runs_of
from clv_lib.reporting.wording import LANGUAGES, Language, Sentence, day, money, say, say_count, share, translate, words

PAGE_NAMES: Final[dict[str, Sentence]] = {
    "00_summary": say("Summary"),
    "01_data_collection": say("Data"),
    "02_cost_accounting": say("Costs"),
    "03_retention": say("Retention"),
    "04_lifetime_value": say("Lifetime value"),
    "05_churn_warning": say("Churn warning"),
    "06_lifecycle_staging": say("Lifecycle"),
    "07_customer_voice": say("Customer voice"),
    "08_segment_strategy": say("Strategy"),
}
_UNTRUSTED = say(
    "The model behind this report did not pass its checks, so its figures are withheld and must not be used. "
    "The page on lifetime value says which check failed."
)


def render_run(folder: Path, languages: Sequence[Language], run: Mapping[str, Any]) -> None:
    """Write the pages of a run into its folder: the first language at the top, the others each in a folder.

    Parameters
    ----------
    folder : Path
        Run folder with ``notebooks/``.
    languages : sequence of {"en", "id"}
    run : mapping
        Content of ``run.json``.
    """
    notebooks = {path.stem: read_notebook(path) for path in sorted((folder / "notebooks").glob("*.ipynb"))}
    trusted = run.get("status") != "untrusted"
    for language in languages:
        place = _place(language, languages)
        (folder / place).mkdir(exist_ok=True)
        for name, notebook in notebooks.items():
            content = render_body(notebook, language, trusted=trusted)
            if not trusted:
                content = str(Paragraph((_UNTRUSTED,), role="banner").html(language)) + content
            links = [
                language_link(other, f"{'../' if place else ''}{_place(other, languages)}{_file_name(name)}")
                for other in languages
                if other != language
            ]
            page = frame(
                content,
                language=language,
                title=f"{heading_of(notebook, language)} · {run.get('title', '')}",
                dataset_title=str(run.get("title", "")),
                subtitle=_subtitle(run, language),
                index_href=f"{'../' if place else ''}../../{_index_name(language)}",
                language_links=links,
                pages=[
                    {"href": _file_name(other), "name": _page_name(other, language), "current": other == name}
                    for other in notebooks
                ],
                footer=_footer(run, language),
            )
            write_text(folder / place / _file_name(name), page)


def _place(language: Language, languages: Sequence[Language]) -> str:
    return "" if language == languages[0] else f"{language}/"


def _file_name(notebook: str) -> str:
    return "index.html" if notebook == SUMMARY else f"{notebook}.html"


def _index_name(language: Language) -> str:
    return "index.html" if language == "en" else f"index.{language}.html"


def _page_name(notebook: str, language: Language) -> str:
    return PAGE_NAMES[notebook].text(language) if notebook in PAGE_NAMES else notebook


def _last_day(run: Mapping[str, Any]) -> date | None:
    text = (run.get("data") or {}).get("last_day")
    return date.fromisoformat(text) if text else None


def _subtitle(run: Mapping[str, Any], language: Language) -> str:
    last = _last_day(run)
    return say("Customer value, as of {day}", day=day(last)).text(language) if last else ""


def _footer(run: Mapping[str, Any], language: Language) -> list[str]:
    parameters = run.get("parameters") or {}
    line = say(
        "Run {run} · clv-lib {version} · seed {seed}",
        run=words(run.get("run_id", "")),
        version=words((run.get("versions") or {}).get("clv-lib", "")),
        seed=words(parameters.get("seed", "")),
    )
    made = say(
        "Computed from the company's own records by the notebooks behind these pages; "
        "the code of each step is folded beneath it."
    )
    return [line.text(language), made.text(language)]


def render_index(reports: Path) -> dict[str, str]:
    """The list of every dataset and every run, newest first, as one page per language: file name to HTML."""
    runs = [run.record for folder in reports.iterdir() if folder.is_dir() for run in runs_of(folder)]
    runs = sorted((run for run in runs if run["status"] in RANK), key=lambda run: str(run["run_id"]), reverse=True)
    return {_index_name(language): _index_page(runs, language) for language in LANGUAGES}


def _index_page(runs: Sequence[Mapping[str, Any]], language: Language) -> str:
    items = Markup("").join(_index_item(run, language) for run in runs)
    content = Markup('<h1>{}</h1><p class="clv-answer">{}</p><ul class="runs">{}</ul>').format(
        translate("Which reports are there?", language), _index_answer(runs).text(language), items
    )
    return frame(
        content,
        language=language,
        title=translate("All reports", language),
        dataset_title=translate("Customer value reports", language),
        language_links=[language_link(other, _index_name(other)) for other in LANGUAGES if other != language],
    )


def _index_answer(runs: Sequence[Mapping[str, Any]]) -> Sentence:
    datasets = {run.get("dataset") for run in runs}
    if not runs:
        return say("None yet.")
    return say(
        "{reports} on {datasets}, newest first",
        reports=say_count("{n} report", "{n} reports", n=len(runs)),
        datasets=say_count("{n} dataset", "{n} datasets", n=len(datasets)),
    )


def _index_item(run: Mapping[str, Any], language: Language) -> Markup:
    languages = [each for each in (run.get("parameters") or {}).get("languages", ["en"]) if each in LANGUAGES]
    place = _place(language, languages) if language in languages else ""
    href = f"{run.get('dataset')}/{run.get('run_id')}/{place}index.html"
    finished = datetime.fromisoformat(str(run["finished_at"])) if run.get("finished_at") else None
    when = say("run on {day}", day=day(finished.date())).text(language) if finished else ""
    parts = [_subtitle(run, language), when]
    if run.get("status") == "untrusted":
        parts.append(translate("figures withheld: the model did not pass its checks", language))
    return Markup('<li><a href="{}"><strong>{}</strong></a><p class="when">{}</p>{}</li>').format(
        href,
        run.get("title") or run.get("dataset"),
        " · ".join(part for part in parts if part),
        _index_figure(run, language),
    )


def _index_figure(run: Mapping[str, Any], language: Language) -> Markup:
    figures = {figure["name"]: figure for stage in (run.get("key_figures") or {}).values() for figure in stage}
    total = figures.get("expected_contribution")
    if not total or total.get("value") is None or run.get("status") == "untrusted":
        return Markup("")
    sentence = say(
        "Expected contribution: {value}, {mass} of futures {low} to {high}",
        value=money(total["value"], total["unit"]),
        mass=share(total["mass"]),
        low=money(total["low"], total["unit"]),
        high=money(total["high"], total["unit"]),
    )
    return Markup("<p>{}</p>").format(sentence.html(language))
