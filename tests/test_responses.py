"""Response rates and the net promoter score, against counts by hand and an independent path."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from clv_lib.analysis.feedback import net_promoter_score
from clv_lib.analysis.responses import response_rates
from clv_lib.errors import CannotEstimateError

MEMBERS = pd.DataFrame(
    {
        "campaign_id": ["m1", "m1", "m1", "m2", "m2"],
        "customer_id": ["a", "b", "c", "a", "d"],
        "arm": ["treated", "treated", "control", "treated", "control"],
        "assigned_at": pd.to_datetime(["2024-03-01", "2024-03-10", "2024-03-01", None, "2024-03-01"]),
    }
)
CAMPAIGNS = pd.DataFrame({"campaign_id": ["m1", "m2"], "starts_at": pd.to_datetime(["2024-02-01", "2024-04-01"])})


def responses(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["campaign_id", "customer_id", "happened_at"])
    return frame.assign(happened_at=pd.to_datetime(frame["happened_at"]), kind="response")


def rates(*rows: tuple[str, str, str], **more) -> pd.DataFrame:
    return response_rates(responses(*rows), MEMBERS, campaigns=CAMPAIGNS, **more).set_index("campaign_id")


def test_every_campaign_with_treated_members_has_a_rate():
    found = rates(("m1", "a", "2024-03-02"), ("m1", "b", "2024-03-09"), ("m3", "a", "2024-03-09"))
    assert found["treated"].to_dict() == {"m1": 2, "m2": 1}
    assert found["responders"].to_dict() == {"m1": 1, "m2": 0}
    assert found.loc["m1", "before_send"] == 1
    low, high = beta(2, 2).interval(0.9)
    assert found.loc["m1", ["rate_low", "rate_high"]].tolist() == pytest.approx([low, high])


def test_the_campaign_says_the_send_where_the_members_do_not():
    assert rates(("m2", "a", "2024-03-31")).loc["m2", "before_send"] == 1
    assert rates(("m2", "a", "2024-04-01")).loc["m2", "responders"] == 1


@pytest.mark.parametrize(("day", "counts"), [("2024-03-01", True), ("2024-03-31", True), ("2024-04-01", False)])
def test_the_window_holds_its_last_day(day, counts):
    found = rates(("m1", "a", day)).loc["m1"]
    assert (found["responders"], found["after_window"]) == (int(counts), int(not counts))


def test_a_wider_window_and_an_earlier_end_change_who_counts():
    assert rates(("m1", "a", "2024-04-20"), window_days=60).loc["m1", "responders"] == 1
    assert rates(("m1", "a", "2024-03-20"), last_day=date(2024, 3, 15)).loc["m1", "after_as_of"] == 1


def answers(scores: list[int], customers: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": customers or [f"c{k}" for k in range(len(scores))],
            "given_at": pd.date_range("2024-01-01", periods=len(scores)),
            "instrument": "nps",
            "score": np.array(scores, dtype="float64"),
        }
    )


def test_the_score_is_promoters_less_detractors_and_says_its_n():
    found = net_promoter_score(answers([10, 9, 8, 7, 6, 0, 3, 10]))
    assert (found.promoters, found.passives, found.detractors, found.n, found.score) == (3, 2, 3, 8, 0.0)


def test_the_interval_is_that_of_the_dirichlet_posterior():
    """Mean and variance of p1 - p3 are known in closed form; a normal with them is near for many answers.

    With 4,000 answers the posterior is normal to a hundredth of its width; 20,000 draws leave 0.02 points.
    """
    found = net_promoter_score(answers([10] * 2000 + [7] * 1200 + [0] * 800))
    alpha = np.array([2001, 1201, 801])
    total, mean = alpha.sum(), (alpha[0] - alpha[2]) / alpha.sum()
    variance = (alpha[0] + alpha[2]) / total / (total + 1) - mean**2 / (total + 1)
    spread = 1.6449 * 100 * np.sqrt(variance)
    assert (found.low, found.high) == pytest.approx((100 * mean - spread, 100 * mean + spread), abs=0.08)
    assert found == net_promoter_score(answers([10] * 2000 + [7] * 1200 + [0] * 800)), "a seed, not the clock"


def test_the_latest_answer_counts_and_strangers_can_be_left_out():
    frame = answers([10, 0, 10, 10], ["a", "a", "b", "z"])
    latest = net_promoter_score(frame)
    assert (latest.n, latest.repeats, latest.promoters, latest.detractors) == (3, 1, 2, 1)
    assert net_promoter_score(frame, repeats="all").n == 4
    assert net_promoter_score(frame, known=pd.DataFrame({"customer_id": ["a", "b", "b"]})).n == 2


def test_other_instruments_do_not_count_and_no_answer_is_no_score():
    with pytest.raises(CannotEstimateError, match="needs answers"):
        net_promoter_score(answers([5]).assign(instrument="csat"))
