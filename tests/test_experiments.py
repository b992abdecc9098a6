"""Members of campaigns are counted as one would by hand: arm, group on the day before, what they did meanwhile."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib.data.customers import collected
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.experiments import experiments
from clv_lib.data.month_stages import stages_on
from clv_lib.data.opening import open_engine
from clv_lib.data.stages import stretches
from clv_lib.names import EVIDENCE_OF_STAGE
from clv_lib.settings import EngineSection, Play
from tests.requirements import require
from tests.test_stages import RULES

START = date(2024, 1, 1)
END = START + timedelta(days=240)
PLAYS = {
    "nudge": Play(moves="rate", effect_days=20),
    "call": Play(moves="stay", effect_days=30, campaigns=("Service call", "call")),
}
CAMPAIGNS = {  # play, first day
    "A": ("nudge", 100), "B": ("Nudge", 150), "C": ("service-call", 120), "D": ("nudge", 60), "E": ("raffle", 90),
    "F": ("nudge", 230), "G": ("nudge", 180),
}  # fmt: skip


def stamp(day: int) -> pd.Timestamp:
    return pd.Timestamp(START + timedelta(days=int(day)))


def shop(seed: int) -> dict[str, pd.DataFrame]:
    """Random customers; D has no control group, nobody knows the play of E, F is not over, G chose the busy ones."""
    rng = np.random.default_rng(seed)
    ids = [f"c{number:02d}" for number in range(60)]
    log = pd.DataFrame(
        {
            "customer_id": rng.choice(ids, 700),
            "ordered_at": [stamp(day) for day in rng.integers(0, 241, 700)],
            "amount": rng.integers(5, 80, 700).astype(float),
            "discount": rng.choice([0.0, 0.0, 2.5], 700),
        }
    )
    rows = []
    for name, (_, day) in CAMPAIGNS.items():
        for id_ in rng.choice(ids, 40, replace=False):
            arm = "treated" if name == "D" or rng.random() < 0.5 else "control"
            rows.append((name, id_, arm, stamp(day - int(rng.integers(0, 2)) if name != "B" else day + 3)))
    members = pd.DataFrame(rows, columns=["campaign_id", "customer_id", "arm", "assigned_at"])
    busy = log[log["ordered_at"] < stamp(180)].groupby("customer_id").size()
    often = members["customer_id"].map(busy).fillna(0) > 8
    chosen = members["campaign_id"] == "G"
    members.loc[chosen, "arm"] = np.where(often[chosen], "treated", "control")
    both = members[members["campaign_id"] == "A"].head(2)
    both = both.assign(arm=both["arm"].map({"treated": "control", "control": "treated"}))
    members = pd.concat([members, both], ignore_index=True)
    campaigns = pd.DataFrame(
        [(name, f"Campaign {name}", play, stamp(day)) for name, (play, day) in CAMPAIGNS.items()],
        columns=["campaign_id", "name", "play", "starts_at"],
    )
    subscriptions = pd.DataFrame(
        {
            "customer_id": ids[:6],
            "started_at": [stamp(day) for day in (0, 0, 110, 140, 200, 0)],
            "ended_at": [pd.NaT, stamp(99), pd.NaT, stamp(145), pd.NaT, stamp(240)],
        }
    )
    return {"transactions": log, "campaigns": campaigns, "campaign_members": members, "subscriptions": subscriptions}


def by_hand(tables: dict[str, pd.DataFrame], stage_of) -> tuple[dict, dict]:
    """Counts and mean log values, customer by customer."""
    log, subscribed = tables["transactions"], tables["subscriptions"]
    counts: dict[tuple, int] = {}
    logs: dict[tuple, list[float]] = {}
    for name, play, length in (("A", "nudge", 20), ("B", "nudge", 20), ("C", "call", 30)):
        members = tables["campaign_members"][tables["campaign_members"]["campaign_id"] == name]
        for id_, rows in members.groupby("customer_id"):
            if rows["arm"].nunique() > 1:
                continue
            first, assigned = stamp(CAMPAIGNS[name][1]), rows["assigned_at"].iloc[0]
            begin = first if assigned <= first else assigned + pd.Timedelta(days=1)
            eve = begin - pd.Timedelta(days=1)
            spells = subscribed[subscribed["customer_id"] == id_]
            if ((spells["started_at"] <= eve) & (spells["ended_at"].isna() | (spells["ended_at"] >= eve))).any():
                continue
            own = log[(log["customer_id"] == id_) & (log["ordered_at"] >= begin)]
            own = own[own["ordered_at"] < begin + pd.Timedelta(days=length)]
            days = own.groupby("ordered_at")[["amount", "discount"]].sum().sum(axis=1)
            stage = stage_of(eve).get(id_, "acquisition")
            key = (name, play, EVIDENCE_OF_STAGE[stage], int(rows["arm"].iloc[0] == "treated"))
            counts[(*key, len(days))] = counts.get((*key, len(days)), 0) + 1
            if len(days):
                logs.setdefault(key, []).append(float(np.log(days).mean()))
    return counts, logs


@pytest.fixture
def engine():
    with DuckDBEngine() as made:
        yield made


def counted(tables, engine):
    record = {name: engine.lend(table) for name, table in tables.items()}
    lives = stretches(record["transactions"], rules=RULES, end=END)
    return experiments(record, PLAYS, lives, end=END), lives


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_are_those_of_a_count_by_hand(engine, seed):
    tables = shop(seed)
    found, lives = counted(tables, engine)

    def stage_of(day):
        table = collected(stages_on(lives, day.date()))
        return dict(zip(table["customer_id"], table["lifecycle_stage"], strict=True))

    counts, logs = by_hand(tables, stage_of)
    keys = ["campaign_id", "play", "group", "treated", "orders"]
    assert {tuple(row[:5]): row[5] for row in found.counts[[*keys, "n"]].to_numpy().tolist()} == counts
    spend = found.spend.set_index(keys[:4])
    assert set(spend.index) == set(logs)
    for key, values in logs.items():
        assert spend.loc[key, "n"] == len(values)
        assert spend.loc[key, "total"] == pytest.approx(sum(values), abs=1e-6 * len(values)), "micro-units of a log"
        assert spend.loc[key, "squares"] == pytest.approx(sum(v * v for v in values), abs=2e-5 * len(values))


def test_each_campaign_is_evidence_or_says_why_not(engine):
    found, _ = counted(shop(1), engine)
    listed = found.campaigns.set_index("campaign_id")
    assert listed["status"].to_dict() == {
        "A": "used", "B": "used", "C": "used", "D": "observational", "E": "no_play", "F": "running", "G": "unbalanced",
    }  # fmt: skip
    assert set(found.counts["campaign_id"]) == {"A", "B", "C"}
    everyone = listed[["members_treated", "members_control", "left_out"]].sum(axis=1)
    assert (everyone == 40).all(), "every member is in one arm or left out"
    assert listed.loc["A", "left_out"] >= 2, "two were in both arms"


def test_what_a_campaign_changed_is_not_in_the_group(engine):
    """Whoever comes back on the first day of a campaign was quiet the day before, in either arm."""
    days = [0, 5, 10, 15, 100]
    log = pd.DataFrame(
        {"customer_id": ["a"] * 5 + ["b"] * 4, "ordered_at": [stamp(d) for d in days + days[:4]], "amount": 9.0}
    )
    members = pd.DataFrame(
        {
            "campaign_id": "A", "customer_id": ["a", "b"], "arm": ["treated", "control"],
            "assigned_at": [stamp(100), stamp(100)],
        }
    )  # fmt: skip
    campaigns = pd.DataFrame({"campaign_id": ["A"], "play": ["nudge"], "starts_at": [stamp(100)]})
    found, _ = counted({"transactions": log, "campaigns": campaigns, "campaign_members": members}, engine)
    assert found.counts[["group", "treated", "orders", "n"]].to_numpy().tolist() == [
        ["quiet", 0, 0, 1],
        ["quiet", 1, 1, 1],
    ]


def test_under_contract_who_left_is_counted(engine):
    spells = pd.DataFrame(
        {
            "customer_id": ["stays", "leaves", "later", "gone", "back"],
            "started_at": [stamp(0)] * 5,
            "ended_at": [pd.NaT, stamp(110), stamp(140), stamp(50), pd.NaT],
        }
    )
    members = pd.DataFrame(
        {
            "campaign_id": "C", "customer_id": ["stays", "leaves", "later", "gone", "back"],
            "arm": ["treated", "treated", "control", "control", "control"], "assigned_at": [stamp(99)] * 5,
        }
    )  # fmt: skip
    campaigns = pd.DataFrame({"campaign_id": ["C"], "play": ["call"], "starts_at": [stamp(100)]})
    lives = pd.DataFrame(
        {"customer_id": members["customer_id"], "day": 0, "until": None, "lifecycle_stage": "retention"}
    ).astype({"until": "Int64"})
    record = {
        name: engine.lend(table)
        for name, table in {"subscriptions": spells, "campaigns": campaigns, "campaign_members": members}.items()
    }
    found = experiments(record, PLAYS, engine.lend(lives), end=END, contractual=True)
    kept = {(row.treated, row.orders): row.n for row in found.counts.itertuples()}
    assert kept == {(1, 1): 1, (1, 0): 1, (0, 1): 2}, "who had left before does not count"
    assert not len(found.spend)


def test_without_campaigns_or_their_plays_there_is_nothing_to_learn_from(engine):
    tables = shop(1)
    for missing in ("campaigns", "campaign_members"):
        found, _ = counted({name: table for name, table in tables.items() if name != missing}, engine)
        assert not len(found.counts)
        assert not len(found.campaigns)
    tables["campaigns"] = tables["campaigns"].drop(columns="play")
    assert not len(counted(tables, engine)[0].campaigns)


@pytest.mark.spark
def test_spark_counts_the_same(engine):
    require("pyspark", "java")
    tables = shop(4)
    reference, _ = counted(tables, engine)
    with open_engine(EngineSection(kind="spark")) as other:
        found, _ = counted(tables, other)
    for name in ("counts", "spend", "campaigns"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(reference, name), check_dtype=False)
