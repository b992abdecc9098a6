"""On the demo's process the intervals hold the true uplift, and what does nothing is not paid for."""

from scipy import stats

from benchmarks.uplift_coverage import ALL, DEMO, gets_budget, histories, intervals
from clv_lib.settings import ModelSection, load_settings

HISTORIES = 6
LEAST = 0.005


def test_intervals_hold_the_true_uplift_and_a_play_without_effect_gets_no_budget():
    """As many as 99 in 100 honest models would: of 24 intervals, one per play and history, at least 17."""
    settings = load_settings(DEMO)
    held, paid = [], []
    for found, uplift in histories(range(200, 200 + HISTORIES), settings, ModelSection(chains=2)):
        table = intervals(uplift)
        held += table.loc[table["group"] == ALL, "holds"].tolist()
        paid.append([("loyalty" in gets_budget(found, uplift, settings, discounts=each)) for each in (True, False)])
    assert len(held) == 4 * HISTORIES, "every play was measured in every history"
    assert sum(held) >= stats.binom.ppf(LEAST, len(held), 0.9)
    assert not any(with_discount for with_discount, _ in paid), "a discount on what would have come anyway"
    # were the chance of a budget as high as the tenth that is allowed, more than this would be seen 1 time in 200
    assert sum(without for _, without in paid) <= stats.binom.ppf(1 - LEAST, HISTORIES, 0.1)
