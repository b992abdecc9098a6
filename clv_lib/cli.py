"""The command line: ``clv run``, ``clv check``, ``clv init``, ``clv runs``, ``clv simulate``.

Nothing heavy is imported before a command has been understood, so that a mistake is answered at once.
"""

import os
import re
import sys
import tempfile
import traceback
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from clv_lib.errors import ClvError, UsageError

# what moves a cursor, rings a bell or turns the direction of writing: a customer's id must not do that
_STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LONGEST_LINE: Final = 1000  # of a report on a terminal; a text of ten thousand characters helps nobody there

app = typer.Typer(
    name="clv",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

_RUN_HELP = """Run the notebooks on a dataset and publish the report.

The notebooks run in the order of their needs, in processes of their own. Readers see the new report when all of it
is there; if anything fails, they keep the last good one. What has not changed since an earlier run is not run again.
The last line printed is the page to open.

\b
Examples:
    clv run data/cdnow
    clv run data/cdnow --as-of 1998-03-31 --lang en
    clv run data/cdnow --only 01_data_collection
    clv run data/cdnow --set economics.gross_margin=0.4 --deadline 30

\b
Exit codes:
    0    the report is published, or up to date
    1    a notebook failed
    2    bad usage, settings or parameters; nothing was started
    3    the data break their contract
    4    the model is not to be trusted; the pages withhold its figures
   75    another run of this dataset is at work
  124    the deadline passed
  130    interrupted by Ctrl-C (143: by SIGTERM)
  137    a notebook's kernel was killed, most often for lack of memory
"""
_CHECK_HELP = """Read the data as a run would, and say what was accepted, repaired and set aside.

Nothing is modelled and nothing is published. Exit code 0: the data can be used; 3: they break their contract;
2: dataset.toml itself is wrong.

\b
Example:
    clv check data/cdnow
"""
_INIT_HELP = """Look into exported files and write a dataset.toml that describes them.

The purchases are needed; customers, products, costs, tickets, campaigns, surveys, referrals and subscriptions are
recognised where they are there, in text files, Parquet and workbooks. Tables, columns, dates and numbers are guessed,
each with its reason; what the files do not tell is asked, as whether purchases are payments under a contract. Look
the result over before you run it. An existing dataset.toml is never overwritten. Exit code 3: no file holds
purchases; 2: a path that cannot be meant.

\b
Examples:
    clv init data/shop
    clv init data/shop/purchases.csv data/shop/customers.xlsx
"""
_SIMULATE_HELP = """Write a simulated customer record, with the truth behind it.

A coffee brand with a shop and subscriptions: orders, customers, costs, contacts, campaigns with control groups,
answers. The same seed gives the same files, byte for byte. truth.json and truth_customers.csv say what an analysis
must find; a dataset.toml is written where there is none.

\b
Examples:
    clv simulate --out data/mine --seed 7
    clv simulate --out data/small --customers 200 --start 2023-01-01
    clv simulate --out data/demo --seed 2024 --force
"""
_RUNS_HELP = """List every run, newest first, failed ones too.

\b
Example:
    clv runs --reports reports
"""

_Dataset = Annotated[
    Path, typer.Argument(metavar="DATASET", help="Folder that holds dataset.toml.", show_default=False)
]
_Reports = Annotated[Path, typer.Option("--reports", help="Folder that reports are written to.", metavar="DIR")]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"clv {version('clv-lib')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _clv(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """What is each customer worth, and how sure are we? From a purchase log to a report.

    Start with 'clv init purchases.csv', which writes a dataset.toml to look over; 'clv check' says what is wrong with
    the data; 'clv run' makes the report and prints the path of the page to open.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


@app.command(help=_RUN_HELP, short_help="Make the report.")
def run(
    dataset: _Dataset,
    as_of: Annotated[str, typer.Option(help="Read nothing after this day.", metavar="YYYY-MM-DD")] = "",
    profile: Annotated[str, typer.Option(help="full, or quick for fewer draws.", metavar="full|quick")] = "full",
    lang: Annotated[
        list[str] | None, typer.Option(help="Language of the pages, en or id; repeat for both.", metavar="en|id")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Run this notebook and what it needs; may be repeated.", metavar="NOTEBOOK")
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting, as in economics.gross_margin=0.4.", metavar="KEY=VALUE"),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Notebooks at the same time.", metavar="N")] = 2,
    force: Annotated[bool, typer.Option("--force", help="Run everything, even what has not changed.")] = False,
    reports: _Reports = Path("reports"),
    deadline: Annotated[
        float | None, typer.Option(help="Stop after so many minutes, with exit code 124.", metavar="MINUTES")
    ] = None,
) -> None:
    """Run the notebooks and publish the report."""
    from clv_lib.reporting import pipeline

    code = pipeline.run(
        dataset,
        reports=reports,
        as_of=as_of or None,
        profile=profile,
        languages=lang or (),
        only=only or (),
        overrides=override or (),
        jobs=jobs,
        force=force,
        deadline_minutes=deadline,
    )
    raise typer.Exit(code)


@app.command(help=_CHECK_HELP, short_help="Say what is wrong with the data.")
def check(dataset: _Dataset) -> None:
    """Read the data as a run would, and say what was accepted, repaired and set aside."""
    from clv_lib.settings import load_settings

    settings = load_settings(dataset)
    from clv_lib.reporting.fingerprints import data_files

    data_files(settings)  # a missing file is answered before the engine is loaded
    from clv_lib.data.opening import open_engine
    from clv_lib.data.record import read_everything

    with open_engine(settings.engine) as engine:
        log, record = read_everything(settings, engine)
        for line in (*log.report.lines(), *record.lines()):
            print(_still(line[: _LONGEST_LINE - 1] + "…" if len(line) > _LONGEST_LINE else line))


@app.command(help=_INIT_HELP, short_help="Write a dataset.toml from exports.")
def init(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="A folder of exports, or one or more files.", show_default=False),
    ],
) -> None:
    """Look into exported files and write a dataset.toml that describes them."""
    folder = files[0] if files[0].is_dir() else files[0].parent  # the paths in dataset.toml are relative to it
    target = folder / "dataset.toml"
    if target.exists():
        raise UsageError(f"{target} must not exist yet, but it does. Edit it, or move it away.")
    for file in files:
        if not file.exists():
            raise UsageError(f"each FILE must be there, but {file} is not. Check the path.")
        if file.is_dir() and len(files) > 1:
            raise UsageError(f"a folder must be given alone, but {file} is one of {len(files)}. Name it, or its files.")
    for file in files:
        if file.is_file() and file.parent != folder:
            raise UsageError(f"all FILEs must lie in one folder, but {file} is not in {folder}. Move them together.")
    from clv_lib.data.sniff import propose_settings

    found = propose_settings(files)
    try:
        with target.open("x", encoding="utf-8") as out:  # never overwritten, whoever wrote it meanwhile
            out.write(found.text)
    except OSError as error:
        raise UsageError(
            f"{target} must be written, but it cannot: {error.strerror}. Copy the exports to a folder of your own."
        ) from error
    print(f"wrote {target}")
    for line in found.lines():
        print(line)
    asked = "1 question is open" if found.questions == 1 else f"{found.questions or 'no'} questions are open"
    print(f"{asked}; look it over (questions begin with '# ASK:'), then: clv check {folder}")


@app.command(help=_SIMULATE_HELP, short_help="Write a simulated customer record.")
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.", metavar="DIR", show_default=False)],
    customers: Annotated[int, typer.Option(help="People who ever order.", metavar="N")] = 3000,
    seed: Annotated[int, typer.Option(help="Of all chance.", metavar="N")] = 2024,
    start: Annotated[str, typer.Option(help="First day of the brand.", metavar="YYYY-MM-DD")] = "2022-01-01",
    end: Annotated[str, typer.Option(help="Last day of the record.", metavar="YYYY-MM-DD")] = "2024-12-31",
    force: Annotated[bool, typer.Option("--force", help="Write over the simulated files in DIR.")] = False,
) -> None:
    """Write a simulated customer record, with the truth behind it."""
    first, last = _day("--start", start), _day("--end", end)
    from clv_lib.data.simulate import check_folder, simulate_crm, write_crm

    check_folder(out, force=force)  # before the work
    files = write_crm(simulate_crm(customers, seed=seed, start=first, end=last), out, force=force)
    print(f"wrote {len(files)} files to {out}; look them over with: clv check {out}")


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} must be a day such as 2022-01-01, but is {text!r}.") from None


@app.command(help=_RUNS_HELP, short_help="List every run.")
def runs(reports: _Reports = Path("reports")) -> None:
    """List every run, newest first, failed ones too."""
    from clv_lib.reporting.runs import all_runs, latest_of

    found = all_runs(reports)
    if not found:
        print(f"no runs in {reports} yet; 'clv run DATASET' makes one")
        return
    print(f"{'run':27}{'dataset':20}{'status':14}{'exit':>4}{'seconds':>9}  {''}")
    for each in found:
        record = each.record
        latest = latest_of(reports / record["dataset"])
        mark = "latest" if latest and latest.path == each.path else record["sentence"].split("\n")[0]
        seconds = f"{record['seconds']:.1f}"
        line = f"{each.run_id:27}{record['dataset']:20}{each.status:14}{record['exit_code']:>4}{seconds:>9}  {mark}"
        print(line.rstrip())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line, and end with one sentence whatever happens."""
    command: Any = typer.main.get_command(app)
    try:
        code = command.main(args=arguments, prog_name="clv", standalone_mode=False)
    except ClvError as error:
        code = _stop(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = _stop("interrupted", 130)
    except BrokenPipeError:  # the reader, such as 'head', has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 141
    except Exception as error:
        code = _explain(error)
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: Exception) -> int:
    """Answer a mistake in the command line, or a fault of ours."""
    if hasattr(error, "format_message"):  # click's own: a wrong option, a missing argument
        return _stop(f"{error.format_message().rstrip('.')}. See 'clv --help'.", 2)
    if os.environ.get("CLV_DEBUG"):
        traceback.print_exc()
        return 1
    with tempfile.NamedTemporaryFile("w", prefix="clv-", suffix=".log", delete=False, encoding="utf-8") as log:
        traceback.print_exc(file=log)
    return _stop(
        f"clv must not stop like this, but it did: {type(error).__name__}: {error}. "
        f"The details are in {log.name}; CLV_DEBUG=1 shows them here.",
        1,
    )


def _still(text: str) -> str:
    """The text with characters that steer a terminal written out."""
    return _STEERING.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _stop(sentence: str, code: int) -> int:
    print(_still(sentence), file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    main()
