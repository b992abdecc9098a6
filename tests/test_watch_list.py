"""Whom to contact and by when: against brute force, day by day; and scores against counting pairs."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.churn_reasons import reasons_for_silence
from clv_lib.analysis.churn_tests import auc, calibration_error, lift
from clv_lib.analysis.save_rate import save_rate_draws
from clv_lib.analysis.watch_list import Terms, days_to_act, scored, watch_list, with_act_by
from clv_lib.settings import SaveRate
from tests.signs_support import frames

TODAY = date(2024, 6, 30)


@pytest.mark.parametrize("value", [10.0, 400.0, 5_000.0, 1e7])
@pytest.mark.parametrize("risk", [0.01, 0.2, 0.6, 0.97])
@pytest.mark.parametrize(("save", "cost"), [(0.1, 2.0), (0.3, 25.0)])
def test_the_day_to_act_by_is_the_last_one_before_waiting_costs_more(value, risk, save, cost):
    """Every day of the horizon, the hazard day by day: lost is what was there yesterday and fell silent today."""
    horizon = 60
    here, lost, last = 1.0, 0.0, 0
    daily = 1 - (1 - risk) ** (1 / horizon)
    for waited in range(1, horizon + 1):
        lost += here * daily * value * save
        here *= 1 - daily
        if lost <= cost * (1 + 1e-9):
            last = waited
    found = days_to_act(np.array([value]), np.array([risk]), horizon=horizon, save_rate=save, cost=cost)[0]
    if lost <= cost:
        assert np.isnan(found), "waiting the whole horizon costs no more than a contact"
    else:
        assert found == last


def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["rich", "gone", "safe", "slow"],
            "closed_form": [0.6, 0.99, 0.05, 0.7],
            "residual_clv": [1000.0, 0.5, 1000.0, 1000.0],
            "residual_clv_low": [800.0, 0.4, 800.0, 800.0],
            "residual_clv_high": [1200.0, 0.6, 1200.0, 1200.0],
            "lost_share": [0.5, 0.9, 0.5, 0.01],
        }
    )


def test_the_list_names_those_whose_contact_gains_most_and_stops_where_it_gains_nothing():
    table = customers()
    found = scored(
        table,
        lambda rows: np.repeat(rows["closed_form"].to_numpy()[None], 500, axis=0),
        size=500,
        seed=1,
        recent=np.array([True, False, True, True]),
    )
    rows = found.customers.set_index("customer_id")
    assert rows.at["rich", "value_at_risk"] == pytest.approx(300.0, rel=0.02)
    # 90 % of a normal value with these ends, times the certain risk and share; the ends of 500 draws vary by 3 %
    assert rows.at["rich", "value_at_risk_low"] == pytest.approx(240.0, rel=0.03)
    assert rows.at["rich", "value_at_risk_high"] == pytest.approx(360.0, rel=0.03)
    assert found.recent == 3
    assert found.silent.mean == pytest.approx(0.6 + 0.05 + 0.7)
    terms = Terms(cost=6.0, save_rate=np.full(10, 0.2), contacts=10)
    acted = with_act_by(found.customers, terms, horizon=60, today=TODAY)
    listed = watch_list(acted, terms)
    assert list(listed["customer_id"]) == ["rich"], "the others gain less than 6: 0.2 of 25, of 7, of nearly nothing"
    assert TODAY <= listed["act_by"].iloc[0] <= TODAY + timedelta(days=60)
    assert list(watch_list(acted, Terms(5.0, np.full(10, 0.2), contacts=0))["customer_id"]) == []


def test_scores_are_those_of_counting_every_pair():
    rng = np.random.default_rng(4)
    score, silent = rng.integers(0, 6, 200) / 5, rng.integers(0, 2, 200).astype(float)
    pairs = [
        (score[i] > score[j]) + 0.5 * (score[i] == score[j])
        for i in np.flatnonzero(silent)
        for j in np.flatnonzero(silent == 0)
    ]
    assert auc(score, silent) == pytest.approx(np.mean(pairs))
    # lift with ties: the mean over shuffled orders
    shuffled = []
    for _ in range(4_000):
        order = rng.permutation(200)
        top = order[np.argsort(-score[order], kind="stable")[:20]]
        shuffled.append(silent[top].mean() / silent.mean())
    assert lift(score, silent) == pytest.approx(np.mean(shuffled), abs=4 * np.std(shuffled) / np.sqrt(4_000))
    assert lift(np.zeros(200), silent) == pytest.approx(1.0), "a rule that says the same of all lifts nothing"


def test_calibration_error_is_nothing_where_every_tenth_keeps_its_promise():
    risk = np.repeat(np.arange(10) / 10, 10)
    silent = np.concatenate([[1.0] * k + [0.0] * (10 - k) for k in range(10)])
    assert calibration_error(risk, silent) == pytest.approx(0.0)
    assert calibration_error(np.clip(risk + 0.05, 0, 1), silent) == pytest.approx(0.05)


def campaign(treated_buy: float, control_buy: float, size: int = 2_000) -> dict[str, pd.DataFrame]:
    ids = [f"c{k}" for k in range(2 * size)]
    treated = np.arange(2 * size) < size
    place = np.arange(2 * size) % size
    buys = place < np.where(treated, treated_buy, control_buy) * size
    sent, bought = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-20")
    return {
        "transactions": pd.DataFrame(
            {
                "customer_id": ids + [each for each, own in zip(ids, buys, strict=True) if own],
                "ordered_at": [pd.Timestamp("2023-01-01")] * (2 * size) + [bought] * int(buys.sum()),
                "amount": 10.0,
            }
        ),
        "campaigns": pd.DataFrame({"campaign_id": ["m"], "play": ["win_back"]}),
        "campaign_members": pd.DataFrame(
            {
                "campaign_id": "m",
                "customer_id": ids,
                "arm": np.where(treated, "treated", "control"),
                "assigned_at": sent,
            }
        ),
    }


def test_the_save_rate_is_learned_from_a_control_group():
    """A fifth of the control group comes back, 28 % of the treated: a tenth of those who would not have."""
    draws, members = save_rate_draws(
        frames(campaign(0.28, 0.20)), SaveRate(), horizon=60, end=TODAY, size=4_000, seed=1
    )
    assert members == 4_000
    assert draws.mean() == pytest.approx(0.10, abs=0.01)  # the standard error of t is 0.010, of c 0.009, over 0.8
    assert np.quantile(draws, 0.05) < 0.1 < np.quantile(draws, 0.95)


def test_without_a_control_group_the_belief_stands():
    tables = campaign(0.28, 0.20)
    tables["campaign_members"]["arm"] = "treated"
    draws, members = save_rate_draws(frames(tables), SaveRate(), horizon=60, end=TODAY, size=20_000, seed=1)
    assert members == 0
    assert draws.mean() == pytest.approx(0.1, abs=0.002)


def test_reasons_count_every_silent_customer_once():
    table = pd.DataFrame(
        {
            "quiet_days": [10, 10, 10, 200],
            "silent": [1, 1, 0, 1],
            "plan_ended_lately": [1.0, 0.0, 0.0, 0.0],
            "complaints": [1.0, 0.0, 1.0, 0.0],
            "pace": [0.0, 0.0, 0.0, 0.0],
        }
    )
    found = reasons_for_silence(table, horizon=60).set_index("reason")
    assert found["silent"].sum() == 2, "who was silent before is no news"
    assert found.at["plan_ended", "silent"] == 1
    assert found.at["no_sign", "silent"] == 1
    assert found.at["complaint", "share_of_others"] == 1
