"""The simulated record: the same bytes for the same seed, tables that fit together, blemishes that are counted."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv_lib.data.simulate import Crm, check_folder, simulate_crm, write_crm
from clv_lib.data.simulate.season import feast
from clv_lib.errors import UsageError
from clv_lib.settings import load_settings
from tests.simulated import account_in_use
from tests.test_cli import clv

LARGEST_FILE = 3_000_000  # bytes, of any committed file
LARGEST_FOLDER = 12_000_000


@pytest.fixture(scope="module")
def demo() -> Crm:
    return simulate_crm(3_000, seed=2024)


@pytest.fixture(scope="module")
def small() -> Crm:
    return simulate_crm(200, seed=7)


def test_the_committed_files_are_what_the_committed_seed_makes(root, tmp_path):
    """One command makes data/demo again, byte for byte; README.md alone is written by hand."""
    out = tmp_path / "demo"
    done = clv("simulate", "--seed", "2024", "--customers", "3000", "--out", out)
    assert done.returncode == 0, done.stderr
    committed = {
        path.name: path.read_bytes() for path in (root / "data" / "demo").iterdir() if path.name != "README.md"
    }
    made = {path.name: path.read_bytes() for path in out.iterdir()}
    differing = [name for name in committed.keys() | made.keys() if committed.get(name) != made.get(name)]
    assert differing == [], "clv simulate --out data/demo --force writes them (dataset.toml: delete it first)"


def test_the_committed_files_are_small_and_plain(root):
    files = list((root / "data" / "demo").iterdir())
    assert max(path.stat().st_size for path in files) < LARGEST_FILE
    assert sum(path.stat().st_size for path in files) < LARGEST_FOLDER
    for path in files:
        content = path.read_bytes()
        assert b"\r" not in content, path.name
        assert content.endswith(b"\n"), path.name
        content.decode("utf-8")


def test_the_settings_name_every_table_and_only_columns_that_are_there(root, demo):
    settings = load_settings(root / "data" / "demo")
    assert settings.dataset.timezone == "Asia/Jakarta"
    assert set(settings.tables.given) == set(demo.tables)
    for name, section in settings.tables.given.items():
        assert set(section.columns.values()) <= set(demo.tables[name]), name


def test_a_seed_decides_everything_and_another_one_changes_it(small):
    again, other = simulate_crm(200, seed=7), simulate_crm(200, seed=8)
    for name, table in small.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])
    assert again.truth == small.truth
    assert not small.tables["transactions"].equals(other.tables["transactions"])


def test_a_longer_list_of_people_does_not_depend_on_the_global_state(small):
    np.random.seed(1)  # noqa: NPY002  whatever others do with it
    pd.testing.assert_frame_equal(small.tables["transactions"], simulate_crm(200, seed=7).tables["transactions"])


@pytest.mark.parametrize(
    "table, key",
    [
        ("customers", ["customer_id"]),
        ("products", ["product_id"]),
        ("merges", ["old_id"]),
        ("costs", ["cost_id"]),
        ("interactions", ["interaction_id"]),
        ("campaigns", ["campaign_id"]),
        ("campaign_members", ["campaign_id", "customer_id"]),
        ("value_survey", ["customer_id", "asked_at", "side", "item"]),
        ("referrals", ["referred_id"]),
        ("subscriptions", ["customer_id"]),
    ],
)
def test_keys_are_unique(demo, table, key):
    assert not demo.tables[table].duplicated(key).any()


def test_every_record_belongs_to_a_customer(demo):
    tables, known = demo.tables, set(demo.tables["customers"]["customer_id"])
    log = tables["transactions"]
    strangers = log[~log["customer_id"].isin(known)]
    assert set(strangers["customer_id"]) == {"GUEST"}
    assert len(strangers) == demo.truth["blemishes"]["guest_rows"]
    for name in ("interactions", "campaign_members", "feedback", "value_survey", "subscriptions"):
        assert set(tables[name]["customer_id"]) <= known, name
    assert set(tables["merges"].to_numpy().ravel()) <= known
    assert set(tables["referrals"][["referrer_id", "referred_id"]].to_numpy().ravel()) <= known
    assert set(tables["costs"]["customer_id"].dropna()) <= known


def test_every_record_names_a_product_and_a_campaign_that_exist(demo):
    tables = demo.tables
    log = tables["transactions"]
    assert set(log["product_id"].dropna()) == set(tables["products"]["product_id"])
    assert (log["product_id"].isna() <= (log["amount"] < 0)).all(), "only a partial refund has no product"
    known = set(tables["campaigns"]["campaign_id"])
    for name in ("campaign_members", "costs", "interactions"):
        assert set(tables[name]["campaign_id"].dropna()) <= known
    responses = tables["interactions"].query("kind == 'response'")
    assert responses["campaign_id"].notna().all()
    treated = tables["campaign_members"].query("arm == 'treated'")
    pairs = set(zip(treated["campaign_id"], treated["customer_id"], strict=True))
    assert set(zip(responses["campaign_id"], responses["customer_id"], strict=True)) <= pairs


def test_amounts_are_price_times_quantity_less_discount(demo):
    """The price list of the last month is the one that the last month's orders paid."""
    log = demo.tables["transactions"].merge(demo.tables["products"][["product_id", "price"]], on="product_id")
    last = log[(log["ordered_at"] >= "2024-12-01") & (log["amount"] >= 0)]
    assert len(last) > 500
    assert (last["price"] * last["quantity"] - last["discount"] == last["amount"]).all()


def test_nothing_happens_after_the_last_day_or_before_the_first(demo):
    first, last = pd.Timestamp("2022-01-01"), pd.Timestamp("2025-01-01")
    for name, table in demo.tables.items():
        for column in table.select_dtypes("datetime").columns.difference(["birth_date"]):
            days = table[column].dropna()
            assert days.between(first, last, inclusive="left").all(), (name, column)


def test_things_happen_in_their_order(demo):
    tables = demo.tables
    form = tables["customers"].set_index("customer_id")["acquired_at"]
    log = tables["transactions"].query("customer_id != 'GUEST'")
    assert (log["ordered_at"] >= form.loc[log["customer_id"]].to_numpy()).all()
    talks = tables["interactions"]
    assert (talks["resolved_at"].dropna() >= talks["happened_at"][talks["resolved_at"].notna()]).all()
    assert talks.query("kind == 'ticket'")["resolved_at"].isna().sum() > 0, "some tickets are still open"
    referrals = tables["referrals"]
    assert (referrals["referred_at"] >= form.loc[referrals["referrer_id"]].to_numpy()).all()
    assert (referrals["referred_at"] == form.loc[referrals["referred_id"]].to_numpy()).all()
    contracts = tables["subscriptions"]
    assert (contracts["ended_at"].dropna() >= contracts["started_at"][contracts["ended_at"].notna()]).all()


def test_one_person_orders_at_most_once_a_day(demo):
    log = demo.tables["transactions"].query("amount > 0 and customer_id != 'GUEST'").drop_duplicates("order_id")
    person = account_in_use(demo, log["customer_id"])
    assert not pd.DataFrame({"person": person, "day": log["ordered_at"]}).duplicated().any()


def test_every_refund_names_an_earlier_order_that_is_large_enough(demo):
    log = demo.tables["transactions"]
    refunds = log[log["refund_of"].notna()]
    orders = log[log["refund_of"].isna()].groupby("order_id").agg(day=("ordered_at", "min"), value=("amount", "sum"))
    unknown = ~refunds["refund_of"].isin(orders.index)
    blemishes = demo.truth["blemishes"]
    assert unknown.sum() == blemishes["refund_rows_of_orders_in_the_gap"]
    assert len(refunds) == blemishes["refund_rows"]
    back = refunds[~unknown].groupby("refund_of").agg(day=("ordered_at", "min"), value=("amount", "sum"))
    original = orders.loc[back.index]
    assert (back["value"] < 0).all()
    assert (original["value"] + back["value"] >= 0).all()
    assert (back["day"] >= original["day"]).all()
    assert refunds["amount"].sum() == blemishes["refund_amount"]


def test_merges_lead_from_later_accounts_to_the_first_one_and_some_are_chains(demo):
    merges, form = demo.tables["merges"], demo.tables["customers"].set_index("customer_id")
    assert len(merges) == demo.truth["blemishes"]["second_accounts"]
    assert set(merges["new_id"]) & set(merges["old_id"]), "a chain"
    in_use = account_in_use(demo, merges["old_id"])
    assert not set(in_use) & set(merges["old_id"])
    old, new = form.loc[merges["old_id"]], form.loc[in_use]
    assert (old["name"].to_numpy() == new["name"].to_numpy()).all()
    assert (old["acquired_at"].to_numpy() >= new["acquired_at"].to_numpy()).all()
    assert len(form) - len(merges) == demo.truth["customers"] == 3_000


@pytest.mark.parametrize(
    "column, share",
    [
        ("acquisition_channel", 0.06),
        ("birth_date", 0.03),
        ("region", 0.015),
        ("email_consent", 0.01),
        ("persona", 0.12),
    ],
)
def test_forms_have_gaps_at_honest_rates(demo, column, share):
    """Four standard errors of a binomial share."""
    form = demo.tables["customers"]
    assert abs(form[column].isna().mean() - share) < 4 * np.sqrt(share * (1 - share) / len(form))
    assert form[column].isna().sum() == demo.truth["blemishes"]["missing"][column]


def test_blemishes_are_rare_and_counted(demo):
    log, counted = demo.tables["transactions"], demo.truth["blemishes"]
    assert (log["amount"] == 0).sum() == counted["zero_rows"]
    assert counted["zero_rows"] / counted["orders"] == pytest.approx(0.008, abs=0.002)
    assert counted["guest_orders"] / counted["orders"] == pytest.approx(0.015, abs=0.002)
    assert 0.005 < counted["cancelled_orders"] / counted["orders"] < 0.02


def test_names_are_of_the_country_and_some_are_hard_to_print(demo):
    names = demo.tables["customers"]["name"]
    assert names.notna().all()
    assert (~names.map(str.isascii)).mean() == pytest.approx(0.01, abs=0.01)
    assert names.nunique() > 1_500
    assert any("\u0600" <= letter <= "\u06ff" for letter in "".join(names)), "right to left"


def test_numbers_are_believable_for_a_business(demo):
    result = demo.truth["result"]
    assert 60_000 < result["revenue_per_order"] < 350_000
    value = demo.tables["transactions"].query("amount > 0").groupby("order_id")["amount"].sum()
    assert 50_000 <= value.quantile(0.05) < value.quantile(0.9) < 350_000
    assert 0.55 < result["gross_margin"] < 0.60
    assert 6 < result["orders_per_customer"] < 9
    assert 0.05 < result["profit_before_intangible"] / result["revenue"] < 0.25
    assert 0.02 < result["share_of_customers_below_zero"] < 0.1
    worth = {name: each["contribution_first_year"] - each["cac"] for name, each in result["channels"].items()}
    assert [name for name, net in worth.items() if net < 0] == ["tv"], "one channel costs more than it brings"


def test_the_command_refuses_what_it_cannot_mean(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    for arguments, sentence in (
        (["--out", tmp_path], "it holds files"),
        (["--out", tmp_path / "mine.txt"], "is a file"),
        (["--out", tmp_path / "new", "--customers", "3"], "must have 50 to"),
        (["--out", tmp_path / "new", "--seed", "-1"], "the seed must be 0 or above"),
        (["--out", tmp_path / "new", "--start", "1/2/2022"], "--start must be a day such as"),
        (["--out", tmp_path / "new", "--end", "2022-02-01"], "must cover 90 days at least"),
        ([], "Missing option '--out'"),
    ):
        done = clv("simulate", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_force_writes_over_its_own_files_and_leaves_the_others(small, tmp_path):
    (tmp_path / "dataset.toml").write_text("mine")
    (tmp_path / "orders.csv").write_text("old")
    with pytest.raises(UsageError, match="must be empty"):
        check_folder(tmp_path, force=False)
    files = write_crm(small, tmp_path, force=True)
    assert (tmp_path / "dataset.toml").read_text() == "mine"
    assert (tmp_path / "orders.csv").read_text() == "old"
    assert {path.name for path in files} >= {"transactions.csv", "truth.json", "truth_customers.csv"}


def test_a_new_folder_can_be_read_at_once(small, tmp_path):
    write_crm(small, tmp_path / "kopi saya")
    settings = load_settings(tmp_path / "kopi saya")
    assert settings.dataset.name == "kopi-saya"
    assert json.loads((tmp_path / "kopi saya" / "truth.json").read_text(encoding="utf-8"))["customers"] == 200


@pytest.mark.parametrize(
    "customers, start, end",
    [(50, date(2023, 3, 10), date(2023, 6, 20)), (120, date(2020, 5, 17), date(2021, 5, 16))],
)
def test_other_windows_and_sizes_work(customers, start, end):
    crm = simulate_crm(customers, seed=1, start=start, end=end)
    log = crm.tables["transactions"]
    assert log["ordered_at"].between(str(start), str(end)).all()
    assert len(crm.truth_customers) == customers
    assert crm.tables["costs"]["month"].min() == pd.Timestamp(start.replace(day=1))


def test_the_feast_is_on_its_day():
    """Announced days in Indonesia; the arithmetic calendar may be a day off."""
    for year, announced in ((1443, date(2022, 5, 2)), (1444, date(2023, 4, 22)), (1445, date(2024, 4, 10))):
        assert abs((feast(year) - announced).days) <= 1
