"""Whether the uplift's intervals hold the true uplift as often as they say, and who gets a budget, over many histories.

Run as ``python benchmarks/uplift_coverage.py``; takes about twenty minutes on two cores. Each history is the demo's
company simulated anew, read as a careful analyst would, its campaigns counted and the model fitted. The true uplift is
that of the simulation, the same in every group. Then the strategy divides a budget between the plays that were
measured; once with the discounts that they give, and once as if they gave none, so that the evidence alone must stop
a play that does nothing.
"""

import argparse
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.budgeting import choose
from clv_lib.analysis.plays import PlayCosts, plays_of
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.strategy import options
from clv_lib.data.campaign_list import campaign_costs
from clv_lib.data.customers import Frame, purchase_days
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.experiments import Experiments, experiments
from clv_lib.data.keeping import kept
from clv_lib.data.simulate import END, Crm, simulate_crm
from clv_lib.data.simulate.process import PLAYS
from clv_lib.data.stage_rules import stage_rules
from clv_lib.data.stages import stretches
from clv_lib.models.fitting import diagnose
from clv_lib.models.uplift import Uplift, fit_uplift
from clv_lib.names import EVIDENCE_GROUPS, EVIDENCE_OF_STAGE
from clv_lib.settings import ModelSection, Settings, load_settings

DEMO = Path(__file__).parents[1] / "data" / "demo"
MASS = 0.9
ALL = "all"
FULL = ModelSection(draws=1000, tune=1000, chains=2)
DRAWS = 2_000
CUSTOMERS = 1_000  # of each group, to whom the budget may go


def tables_of(crm: Crm) -> dict[str, pd.DataFrame]:
    """The tables that the evidence needs, with second accounts merged, guests and refunds out."""
    stands = dict(crm.tables["merges"].to_numpy().tolist())

    def in_use(ids: pd.Series) -> pd.Series:
        while ids.isin(stands.keys()).any():
            ids = ids.replace(stands)
        return ids

    log = crm.tables["transactions"]
    refunded = log.loc[log["refund_of"].notna(), "refund_of"]
    log = log[log["refund_of"].isna() & (log["amount"] > 0) & ~log["order_id"].isin(refunded)]
    log = log[log["customer_id"] != "GUEST"]
    kept_columns = {
        "customers": ["customer_id", "acquired_at"],
        "campaigns": ["campaign_id", "name", "play", "starts_at", "fixed_cost", "cost_per_contact"],
        "campaign_members": ["campaign_id", "customer_id", "arm", "assigned_at"],
        "subscriptions": ["customer_id", "started_at", "ended_at"],
        "referrals": ["referrer_id", "referred_id", "referred_at"],
    }
    found = {"transactions": log[["customer_id", "ordered_at", "amount", "discount"]]}
    found |= {name: crm.tables[name][columns] for name, columns in kept_columns.items()}
    for name, table in found.items():
        ids = [each for each in table.columns if each in ("customer_id", "referrer_id", "referred_id")]
        found[name] = table.assign(**{each: in_use(table[each]) for each in ids})
    found["customers"] = found["customers"].drop_duplicates("customer_id")
    return found


def record_of(tables: dict[str, pd.DataFrame]) -> dict[str, Frame]:
    """The same in DuckDB, as a run has them."""
    connection = DuckDBEngine().connection
    record: dict[str, Frame] = {}
    for name, table in tables.items():
        days = [each for each in table.columns if each.endswith("_at")]
        connection.register(f"raw_{name}", table.astype(dict.fromkeys(days, "datetime64[us]")))
        casts = ", ".join(f"{each}::DATE AS {each}" if each in days else each for each in table.columns)
        connection.execute(f"CREATE TABLE {name} AS SELECT {casts} FROM raw_{name}")
        record[name] = nw.from_native(connection.table(name))
    return record


def learn(record: dict[str, Frame], settings: Settings) -> Experiments:
    """Count the campaigns of a record."""
    days = kept(purchase_days(record["transactions"]))
    rules = stage_rules(settings.stages, days)
    found = kept(
        stretches(
            record["transactions"], rules=rules, end=END, customers=record["customers"], referrals=record["referrals"]
        )
    )
    return experiments(record, plays_of(settings), found, end=END)


def histories(
    seeds: Iterable[int], settings: Settings, model: ModelSection = FULL
) -> Iterator[tuple[Experiments, Uplift]]:
    """Simulate, count and fit, one history after the other."""
    for seed in seeds:
        record = record_of(tables_of(simulate_crm(seed=seed)))
        costs = PlayCosts(*campaign_costs(record, plays_of(settings)))
        found, plays = learn(record, settings), plays_of(settings, costs=costs)
        yield found, fit_uplift(found, plays, size=DRAWS, seed=seed, settings=model, cores=1)


def intervals(uplift: Uplift) -> pd.DataFrame:
    """Play, group, mean, low, high and whether the interval holds the truth: all groups together, and each of them."""
    rows = []
    for play in uplift.members:
        draws = {group: uplift.effect(play, group) for group in uplift.members[play]}
        draws[ALL] = uplift.of_all(play)
        true = PLAYS[play].uplift
        for group, effect in draws.items():
            low, high = np.quantile(effect, [(1 - MASS) / 2, (1 + MASS) / 2])
            rows.append((play, group, true, effect.mean(), low, high, low <= true <= high))
    return pd.DataFrame(rows, columns=["play", "group", "true", "mean", "low", "high", "holds"])


def base_of(found: Experiments, *, margin: float) -> SegmentBase:
    """Three groups as the control arms show them: purchase days, value of one, and a year's margin to come."""
    rate, value = [], []
    for group in EVIDENCE_GROUPS:
        part = found.counts[(found.counts["group"] == group) & (found.counts["treated"] == 0)]
        days = part["play"].map({name: play.days for name, play in PLAYS.items()})
        spend = found.spend[(found.spend["group"] == group) & (found.spend["treated"] == 0)]
        rate.append((part["orders"] * part["n"]).sum() / (days * part["n"]).sum())
        value.append(np.exp(spend["total"].sum() / spend["n"].sum() + 0.18))  # the mean above the mean of the log
    groups = pd.DataFrame({"segment": EVIDENCE_GROUPS, "band": 1, "evidence": EVIDENCE_GROUPS})
    stages = [tuple(s for s, its in EVIDENCE_OF_STAGE.items() if its == group) for group in EVIDENCE_GROUPS]
    groups = groups.assign(customers=CUSTOMERS, reachable=CUSTOMERS, stages=stages)
    purchases, worth = (np.repeat(np.array(each)[:, None], DRAWS, axis=1) for each in (rate, value))
    nothing = np.zeros_like(purchases)
    year = purchases * worth * margin * 365
    return SegmentBase(groups, year, purchases, worth, np.full(DRAWS, margin), nothing, nothing, 90)


def gets_budget(found: Experiments, uplift: Uplift, settings: Settings, *, discounts: bool) -> set[str]:
    """Plays of past campaigns that the strategy spends money on, with the plays' discounts or as if they gave none."""
    plays = {name: uplift.plays[name] for name in uplift.members}
    if not discounts:
        plays = {name: play.model_copy(update={"discount": 0.0}) for name, play in plays.items()}
    base = base_of(found, margin=settings.economics.gross_margin)
    section = settings.strategy.model_copy(update={"plays_per_customer": len(plays)})  # none keeps another out
    return set(choose(options(base, plays, uplift, section), section).table["play"])


def outcomes(seeds: range) -> list[tuple[pd.DataFrame, bool, set[str], set[str]]]:
    """Of each history: intervals, whether the sampler passed its checks, plays with a budget with discounts or not."""
    settings = load_settings(DEMO)
    rows = []
    for found, uplift in histories(seeds, settings):
        budgets = [gets_budget(found, uplift, settings, discounts=each) for each in (True, False)]
        trusted = uplift.posterior is not None and diagnose(uplift.posterior).trusted
        rows.append((intervals(uplift), trusted, *budgets))
        print(".", end="", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    n, jobs = arguments.histories, arguments.jobs
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        rows = [row for part in pool.map(outcomes, (range(job, n, jobs) for job in range(jobs))) for row in part]
    table = pd.concat([row[0] for row in rows])
    print(f"\n{n} histories, diagnostics passed in {sum(row[1] for row in rows)}; intervals of {MASS:.0%}\n")
    print(f"{'play':12}{'group':10}{'true':>7}{'mean':>7}{'width':>7}{'histories':>11}{'cover':>7}")
    for (play, group), part in table.groupby(["play", "group"]):
        width = (part["high"] - part["low"]).mean()
        print(
            f"{play:12}{group:10}{part['true'].iloc[0]:7.2f}{part['mean'].mean():7.2f}{width:7.2f}{len(part):11}"
            f"{part['holds'].mean():7.0%}"
        )
    each = table[table["group"] == ALL]
    print(f"\nall plays, all groups together: {each['holds'].mean():.1%} of {len(each)} intervals hold the truth")
    low, high = stats.binom.ppf([0.005, 0.995], n, MASS) / n
    print(f"by chance, an honest {MASS:.0%} interval covers {low:.0%} to {high:.0%} in {n} histories\n")
    for place, said in ((2, "with the discounts of the plays:"), (3, "as if they gave none:")):
        print(said)
        for play in PLAYS:
            got = sum(play in row[place] for row in rows)
            print(f"  {play:12} true uplift {PLAYS[play].uplift:.2f}  budget in {got} of {n} histories")


if __name__ == "__main__":
    main()
