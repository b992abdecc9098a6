"""The small contractual dataset: published survival, made the same each time; and the whole suite on it."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from clv_lib.data.simulate.memberships import AS_OF, MEMBERS, PRICES, RENEWALS, write_memberships
from clv_lib.data.sniff import propose_settings
from clv_lib.reporting.stages import STAGES
from clv_lib.reporting.suite import CONTRACTS
from clv_lib.settings import load_settings

# Fader & Hardie (2007), after Berry & Linoff (2004): members of 1,000 left after each renewal, typed from the paper
PUBLISHED = {
    "Regular": [631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173],
    "High End": [869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394],
}


@pytest.fixture(scope="module")
def tables(root) -> dict[str, pd.DataFrame]:
    """The committed files, read without the suite."""
    folder = root / "data" / "memberships"
    return {
        "customers": pd.read_csv(folder / "customers.csv", parse_dates=["acquired_at"]),
        "subscriptions": pd.read_csv(folder / "subscriptions.csv", parse_dates=["started_at", "ended_at"]),
        "transactions": pd.read_csv(folder / "transactions.csv", parse_dates=["ordered_at"]),
    }


def test_the_committed_files_are_what_the_generator_writes(root, tmp_path):
    made = {path.name: path.read_bytes() for path in write_memberships(tmp_path)}
    committed = {path.name: path.read_bytes() for path in (root / "data" / "memberships").glob("*.csv")}
    assert made == committed


def test_as_many_members_are_left_after_each_renewal_as_published(tables):
    """Counted from the days alone: who is there on the day of the n-th renewal has renewed n times."""
    contracts = tables["subscriptions"]
    for plan, published in PUBLISHED.items():
        own = contracts[contracts["plan"] == plan]
        left = []
        for renewal in range(1, RENEWALS + 1):
            due = own["started_at"].map(lambda day, years=renewal: day.replace(year=day.year + years))
            left.append(int((own["ended_at"].isna() | (own["ended_at"] >= due)).sum()))
        assert len(own) == MEMBERS
        assert left == published


def test_each_payment_is_a_year_of_the_plan_and_each_year_is_paid(tables):
    contracts, payments = tables["subscriptions"], tables["transactions"]
    joined = payments.merge(contracts, on="customer_id", validate="many_to_one")
    assert (joined["amount"] == joined["plan"].map(PRICES)).all()
    assert (joined["amount"] == joined["price"]).all()
    same_day = joined["ordered_at"].dt.strftime("%m-%d") == joined["started_at"].dt.strftime("%m-%d")
    assert same_day.all()
    assert (joined["ended_at"].isna() | (joined["ordered_at"] <= joined["ended_at"])).all()
    paid = joined.groupby("plan").size().to_dict()
    assert paid == {plan: MEMBERS + sum(published) for plan, published in PUBLISHED.items()}
    assert not payments.duplicated("order_id").any()


def test_everybody_has_faced_the_twelfth_renewal_and_nobody_the_thirteenth(tables):
    started = tables["subscriptions"]["started_at"]
    assert (started + pd.DateOffset(years=RENEWALS) <= pd.Timestamp(AS_OF)).all()
    assert (started + pd.DateOffset(years=RENEWALS + 1) > pd.Timestamp(AS_OF) + pd.Timedelta(days=1)).all()
    assert (started == tables["customers"]["acquired_at"]).all()


def test_leaving_has_nothing_to_do_with_the_day_of_joining(tables):
    """Rank correlation of 1,000 members; 4 standard errors of a correlation of nothing are 4 / sqrt(999)."""
    for _, own in tables["subscriptions"].groupby("plan"):
        until = own["ended_at"].fillna(pd.Timestamp("2026-12-31")) + pd.Timedelta(days=1)
        paid = ((until - own["started_at"]).dt.days // 365).clip(upper=RENEWALS + 1)  # who is still there: 13
        assert set(paid) == set(range(1, RENEWALS + 2))
        assert abs(own["started_at"].rank().corr(paid.rank())) < 4 / 999**0.5


def test_the_settings_speak_of_contracts(root):
    settings = load_settings(root / "data" / "memberships")
    assert settings.contractual
    assert settings.dataset.as_of == AS_OF
    assert set(settings.tables.given) == {"transactions", "customers", "subscriptions"}


# 00 and 02 are the same notebooks in either setting and choose their sentences by it
OF_CONTRACTS = {"00_summary", "02_cost_accounting"} | {
    path.stem for path in (Path(__file__).parents[1] / "notebooks" / CONTRACTS).glob("*.ipynb")
}
UNKNOWN_ENDS = re.compile(r"P\(alive\)|purchase model|repeat[- ]buy|BG/NBD|P\(aktif\)|model pembelian|beli ulang", re.I)
CONTRACT_WORDS = {
    "": re.compile(r"\b(under contract|contracts?|renewals?|members?|subscriptions?)\b", re.I),
    "id": re.compile(r"\b(kontrak|perpanjangan|anggota|langganan)\b", re.I),
}


def prose(path: Path) -> str:
    """What a reader sees, the code of the notebook apart."""
    html = re.sub(r"<(style|svg|code|pre|head)\b.*?</\1>", " ", path.read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"<[^>]+>", " ", html)


def page_of(notebook: str) -> str:
    return "index.html" if notebook == "00_summary" else f"{notebook}.html"


@pytest.mark.slow
def test_the_whole_suite_runs_on_contracts(membership_report):
    run = membership_report.run_folder
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert (record["status"], record["exit_code"]) == ("ok", 0)
    assert {stage["notebook"]: stage["status"] for stage in record["stages"]} == {
        stage.notebook: "done" for stage in STAGES
    }
    for place in ("", "id"):
        assert {path.name for path in (run / place).glob("*.html")} == {page_of(stage.notebook) for stage in STAGES}


@pytest.mark.slow
@pytest.mark.parametrize("place", ["", "id"])
@pytest.mark.parametrize("notebook", sorted(OF_CONTRACTS))
def test_each_page_speaks_of_contracts_and_not_of_unknown_ends(membership_report, notebook, place):
    text = prose(membership_report.run_folder / place / page_of(notebook))
    assert len(CONTRACT_WORDS[place].findall(text)) >= 3
    assert not UNKNOWN_ENDS.findall(text)


@pytest.mark.slow
def test_the_pages_count_the_members_that_were_published(membership_report):
    """567 of 2,000 are left and 10,139 of 11,572 renewals were made: sums of the published table, added by hand."""
    data = prose(membership_report.run_folder / "01_data_collection.html")
    for figure in (
        "2,000 members",
        "567 are still under contract",
        "28 % are still there",
        "10,139 of 11,572",
        "$115,800",
    ):
        assert figure in " ".join(data.split()), figure


def test_clv_init_asks_whether_customers_are_under_contract(root):
    """The files suggest it, the settings say so with a question beside it, and nothing is decided silently."""
    found = propose_settings(sorted((root / "data" / "memberships").glob("*.csv")))
    (line,) = (each for each in found.text.splitlines() if each.startswith("setting"))
    assert line.startswith('setting = "contractual"  # ASK: 100% of the customers who bought have a subscription')
