"""What is believed of each play before and after its campaigns, and what those showed, as tables for a page."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import INTERVAL, credible_interval
from clv_lib.data.campaign_list import play_codes
from clv_lib.data.contract_stages import contract_rules, contract_stretches
from clv_lib.data.customers import Frame, purchase_days
from clv_lib.data.experiments import Experiments, experiments, no_experiments
from clv_lib.data.keeping import kept
from clv_lib.data.stage_rules import stage_rules
from clv_lib.data.stages import stretches
from clv_lib.data.tenures import tenures
from clv_lib.models.uplift import Uplift, prior_uplift
from clv_lib.names import EVIDENCE, EVIDENCE_GROUPS, ORDERS, PLAY, N
from clv_lib.settings import Play, Settings

_PRIOR_DRAWS: Final = 4_000


def past_campaigns(
    record: Mapping[str, Frame], plays: Mapping[str, Play], settings: Settings, *, end: date
) -> Experiments:
    """Count what the members of all campaigns did, by the stage they were in.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        transactions and, where there are any, customers, referrals, subscriptions, campaigns and campaign_members.
    plays : mapping of str to Play
    settings : Settings
    end : date
        Last day of the observation.
    """
    if not play_codes(record, plays):
        return no_experiments(contractual=settings.contractual)
    if settings.contractual:
        spells = kept(tenures(record["subscriptions"], end=end))
        lives = contract_stretches(spells, rules=contract_rules(spells), end=end)
    else:
        log = record["transactions"]
        rules = stage_rules(settings.stages, kept(purchase_days(log)))
        lives = stretches(
            log, rules=rules, end=end, customers=record.get("customers"), referrals=record.get("referrals")
        )
    return experiments(record, plays, kept(lives), end=end, contractual=settings.contractual)


def believed(uplift: Uplift, *, seed: int) -> pd.DataFrame:
    """Every play before and after its campaigns.

    Returns
    -------
    DataFrame
        One row per play: ``play, moves, source, members`` (of campaigns with a control group), ``before, before_low,
        before_high`` (effect by the settings alone), ``mean, low, high`` (now, of all groups together: weighted by
        their members where it is measured), ``positive`` (probability that it does any good). Intervals of 90 %.
    """
    prior = prior_uplift(uplift.plays, size=_PRIOR_DRAWS, seed=seed)
    rows = []
    for name, play in uplift.plays.items():
        members = uplift.members.get(name, {})
        before = prior.of_all(name)
        now = uplift.of_all(name) if members else before
        rows.append(
            (name, play.moves, uplift.source(name), sum(members.values()), *_interval(before), *_interval(now),
             float((now > 0).mean()))
        )  # fmt: skip
    columns = [PLAY, "moves", "source", "members", "before", "before_low", "before_high", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "positive"])


def measured(uplift: Uplift, found: Experiments) -> pd.DataFrame:
    """What campaigns with a control group showed, by play and evidence group.

    Returns
    -------
    DataFrame
        ``play, evidence, treated, control`` (members), ``did_treated, did_control`` (purchase days of a member while
        the play works; of a play that is to keep customers the share that left), ``mean, low, high`` (effect now).
    """
    counts = found.counts[found.counts[PLAY].isin(list(uplift.members))]
    rows = []
    for name in uplift.members:
        for group in EVIDENCE_GROUPS:
            part = counts[(counts[PLAY] == name) & (counts["group"] == group)]
            if not len(part):
                continue
            arms = [_did(part[part["treated"] == arm], stays=uplift.plays[name].moves == "stay") for arm in (1, 0)]
            (treated, did), (control, did_anyway) = arms
            rows.append((name, group, treated, control, did, did_anyway, *_interval(uplift.effect(name, group))))
    columns = [PLAY, EVIDENCE, "treated", "control", "did_treated", "did_control", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _did(part: pd.DataFrame, *, stays: bool) -> tuple[int, float]:
    members = int(part[N].sum())
    did = part.loc[part[ORDERS] == 0, N].sum() if stays else (part[ORDERS] * part[N]).sum()
    return members, float(did / members) if members else float("nan")


def _interval(draws: np.ndarray) -> tuple[float, float, float]:
    low, high = credible_interval(draws, mass=INTERVAL)
    return float(draws.mean()), float(low), float(high)
