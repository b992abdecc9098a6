"""What a contact does: the belief of the settings, and what campaigns with a control group say about it.

Of customers who would otherwise be silent, a share s comes back because of the contact: if a share c of the control
group buys within the horizon and a share t of the treated, then ``t = c + (1 - c) s``. The counts are binomial;
the belief about s weighs their draws.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import narwhals as nw
import numpy as np
from scipy import stats

from clv_lib.data.customers import Frame, collected, purchase_days
from clv_lib.data.tables import CONTROL
from clv_lib.data.tables.crm import TREATED
from clv_lib.names import ARM, ASSIGNED_AT, CAMPAIGN_ID, CUSTOMER_ID, PLAY, PURCHASE_DAY
from clv_lib.periods import day_number
from clv_lib.settings import SaveRate

_DRAWS: Final = 40_000  # proposals; the belief keeps the likely ones


def save_rate_draws(
    record: Mapping[str, Frame], belief: SaveRate, *, horizon: int, end: date, size: int, seed: int
) -> tuple[np.ndarray, int]:
    """Draws of the save rate, and how many members of campaigns stand behind them (0: the belief alone)."""
    rng = np.random.default_rng(seed)
    counts = _counts(record, belief.plays, horizon=horizon, end=end)
    if counts is None:
        return rng.beta(belief.kept, belief.lost, size), 0
    (treated, came), (control, came_anyway) = counts[TREATED], counts[CONTROL]
    t = rng.beta(came + 0.5, treated - came + 0.5, _DRAWS)
    c = rng.beta(came_anyway + 0.5, control - came_anyway + 0.5, _DRAWS)
    rate = (t - c) / (1 - c)
    weight = np.where(rate > 0, stats.beta(belief.kept, belief.lost).pdf(np.clip(rate, 1e-9, 1.0)), 0.0)
    if not weight.sum() > 0:
        return rng.beta(belief.kept, belief.lost, size), 0
    return rng.choice(rate, size=size, p=weight / weight.sum()), treated + control


def _counts(
    record: Mapping[str, Frame], plays: tuple[str, ...], *, horizon: int, end: date
) -> dict[str, tuple[int, int]] | None:
    """Members of such campaigns whose horizon is over, and how many of them bought in it, by arm."""
    if not {"campaigns", "campaign_members"} <= record.keys():
        return None
    campaigns, members = record["campaigns"], record["campaign_members"]
    if PLAY not in campaigns.collect_schema().names() or ASSIGNED_AT not in members.collect_schema().names():
        return None
    chosen = campaigns.filter(nw.col(PLAY).is_in(list(plays))).select(CAMPAIGN_ID)
    own = members.join(chosen, on=CAMPAIGN_ID, how="inner").select(
        CAMPAIGN_ID, CUSTOMER_ID, ARM, day_number(nw.col(ASSIGNED_AT)).alias("sent")
    )
    own = own.filter(nw.col("sent") <= end.toordinal() - horizon)
    days = purchase_days(record["transactions"]).select(CUSTOMER_ID, PURCHASE_DAY)
    bought = own.join(days, on=CUSTOMER_ID, how="left").with_columns(
        ((nw.col(PURCHASE_DAY) > nw.col("sent")) & (nw.col(PURCHASE_DAY) <= nw.col("sent") + horizon))
        .fill_null(False)
        .cast(nw.Int64)
        .alias("came")
    )
    each = bought.group_by(CAMPAIGN_ID, CUSTOMER_ID, ARM).agg(nw.col("came").max())
    table = collected(each.group_by(ARM).agg(nw.len().alias("n"), nw.col("came").sum()))
    counts = zip(table["n"].tolist(), table["came"].tolist(), strict=True)
    found = {str(arm): (int(n), int(came)) for arm, (n, came) in zip(table[ARM], counts, strict=True)}
    return found if {TREATED, CONTROL} <= found.keys() else None
