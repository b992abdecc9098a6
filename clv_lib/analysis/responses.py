"""How many of those whom a campaign was sent to have answered it, and what was not counted.

Only a treated customer's first response between the send and the end of the window counts; everything else is counted
under the reason why it does not (:data:`clv_lib.data.responses.OUTCOMES`). A response rate is not an uplift: without
the control group's rate it does not say what the campaign has caused.
"""

from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd
from scipy.stats import beta

from clv_lib.data.responses import OUTCOME, OUTCOMES, RESPONSE_WINDOW_DAYS, VALID, judge_responses
from clv_lib.data.tables import TREATED
from clv_lib.names import ARM, CAMPAIGN_ID, CUSTOMER_ID

Frame = nw.LazyFrame[Any]
MASS: Final = 0.9  # of every interval


def response_rates(
    interactions: Frame | pd.DataFrame,
    members: Frame | pd.DataFrame,
    *,
    campaigns: Frame | pd.DataFrame | None = None,
    known: Frame | pd.DataFrame | None = None,
    last_day: date | None = None,
    window_days: int = RESPONSE_WINDOW_DAYS,
) -> pd.DataFrame:
    """Response rate of every campaign that has treated members.

    Parameters
    ----------
    interactions, members, campaigns : LazyFrame or DataFrame
        Tables of the customer record.
    known : LazyFrame or DataFrame, optional
        ``customer_id`` of everybody who is known.
    last_day : date, optional
        Of the observation; not needed for tables of the record, which hold nothing later.
    window_days : int
        Last day after the send on which a response counts.

    Returns
    -------
    DataFrame
        One row per campaign: ``campaign_id, treated, responders, rate``, the ends ``rate_low, rate_high`` of the
        90 % interval of the rate (a uniform prior, so Beta(1 + responders, 1 + treated - responders)), and one count
        per exclusion. Responses to campaigns without treated members are in no row.
    """
    judged = judge_responses(
        _lazy(interactions),
        _lazy(members),
        campaigns=None if campaigns is None else _lazy(campaigns),
        known=None if known is None else _lazy(known),
        last_day=last_day,
        window_days=window_days,
    )
    outcomes = _collected(judged.group_by(CAMPAIGN_ID, OUTCOME).agg(nw.len().alias("n")))
    treated = _lazy(members).filter(nw.col(ARM) == TREATED).group_by(CAMPAIGN_ID)
    rates = _collected(treated.agg(nw.col(CUSTOMER_ID).n_unique().alias("treated"))).set_index(CAMPAIGN_ID)
    counts = outcomes.pivot(index=CAMPAIGN_ID, columns=OUTCOME, values="n").reindex(
        index=rates.index, columns=[VALID, *OUTCOMES]
    )
    counts = counts.fillna(0).astype("int64").rename(columns={VALID: "responders"})
    found = rates.astype("int64").join(counts)
    hits, misses = found["responders"], found["treated"] - found["responders"]
    low, high = (beta.ppf(at, 1 + hits, 1 + misses) for at in ((1 - MASS) / 2, (1 + MASS) / 2))
    found = found.assign(rate=hits / found["treated"], rate_low=low, rate_high=high).sort_index().reset_index()
    return found[[CAMPAIGN_ID, "treated", "responders", "rate", "rate_low", "rate_high", *OUTCOMES]]


def _lazy(frame: Frame | pd.DataFrame) -> Frame:
    return nw.from_native(frame).lazy() if isinstance(frame, pd.DataFrame) else frame


def _collected(frame: Frame) -> pd.DataFrame:
    return frame.collect("pandas").to_native()
