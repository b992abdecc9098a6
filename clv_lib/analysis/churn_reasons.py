"""Why: the signs that moved one customer, and what the tables know of those who fell silent."""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.churn_history import CLOSED_FORM, SILENT
from clv_lib.models.churn import ChurnModel

THEMES: Final[dict[str, tuple[str, ...]]] = {
    "rhythm": ("silence", "pace", "purchases", "tenure", "bought_once", CLOSED_FORM),
    "basket": ("basket", "basket_change", "basket_change_known"),
    "price": ("discount", "discount_change", "price_change", "price_change_known"),
    "service": ("complaints", "contacts", "open_complaints", "ever_complained"),
    "campaigns": ("campaigns_known", "campaigns_answered", "campaigns_change"),
    "scores": tuple(f"{i}_{what}" for i in ("nps", "csat", "ces") for what in ("known", "score", "change")),
    "plan": ("plan_running", "plan_ended", "plan_ended_lately", "plan_changed"),
}
LEAST: Final = 0.1  # log odds: a sign that moves the odds by less than a tenth moves nobody
LOW_SCORE: Final = 0.5  # of the scale
PRICE_RISE: Final = 0.02  # on the log: the same products for two percent more
SLOWER: Final = -0.35  # on the log: seven purchases where ten were usual
NO_SIGN: Final = "no_sign"
REASONS: Final = (
    "plan_ended", "open_complaint", "complaint", "low_score", "price_rise", "stopped_answering", "slower", NO_SIGN,
)  # fmt: skip


def by_theme(model: ChurnModel, table: pd.DataFrame, *, recent: np.ndarray) -> pd.DataFrame:
    """Log odds that each theme adds for each customer, against the average recent buyer; one column per theme.

    Against the average of all, most of whom are long gone, nobody who still buys would ever seem slow.
    """
    parts = model.contributions(table, recent if recent.any() else np.ones(len(table), dtype=bool))
    return pd.DataFrame(
        {theme: parts[[name for name in names if name in parts]].sum(axis=1) for theme, names in THEMES.items()}
    )


def strongest(themes: pd.DataFrame, count: int = 2, least: float = LEAST) -> list[tuple[str, ...]]:
    """The themes that raise each customer's risk most, strongest first; those below ``least`` log odds are left out."""
    names = themes.columns.to_numpy()
    values = themes.to_numpy()
    order = np.argsort(-values, axis=1, kind="stable")[:, :count]
    return [tuple(str(names[k]) for k in own if row[k] >= least) for row, own in zip(values, order, strict=True)]


def reason_of(table: pd.DataFrame) -> pd.Series:
    """What the tables tell of each customer, the plainest first; :data:`NO_SIGN` where they tell nothing."""
    tests = {
        "plan_ended": _column(table, "plan_ended_lately") > 0,
        "open_complaint": _column(table, "open_complaints") > 0,
        "complaint": _column(table, "complaints") > 0,
        "low_score": _low(table),
        "price_rise": _column(table, "price_change") > PRICE_RISE,
        "stopped_answering": _column(table, "campaigns_change") < 0,
        "slower": _column(table, "pace") < SLOWER,
    }
    found = pd.Series(NO_SIGN, index=table.index)
    for name, test in reversed(tests.items()):
        found = found.where(~test, name)
    return found


def reasons_for_silence(table: pd.DataFrame, *, horizon: int) -> pd.DataFrame:
    """What was known of those who fell silent, of the customers who had bought within the horizon before a cut-off.

    Returns
    -------
    DataFrame
        reason, silent (customers), share (of the silent), share_of_others (of those who went on).
    """
    near = table[table["quiet_days"] <= horizon]
    reason, silent = reason_of(near), near[SILENT].to_numpy() > 0
    rows = []
    for name in REASONS:
        own = (reason == name).to_numpy()
        rows.append((name, int((own & silent).sum()), _part(own & silent, silent), _part(own & ~silent, ~silent)))
    return pd.DataFrame(rows, columns=["reason", "silent", "share", "share_of_others"])


def _part(some: np.ndarray, of: np.ndarray) -> float:
    return float(some.sum() / of.sum()) if of.any() else float("nan")


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name] if name in table else pd.Series(0.0, index=table.index)


def _low(table: pd.DataFrame) -> pd.Series:
    low = pd.Series(False, index=table.index)
    for name in ("nps", "csat", "ces"):
        low |= (_column(table, f"{name}_known") > 0) & (_column(table, f"{name}_score") <= LOW_SCORE)
    return low
