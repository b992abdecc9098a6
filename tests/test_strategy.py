"""What a play earns, part by part, against formulas written out by hand; and the plan within its settings."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.acquire_or_keep import KEEP, acquire_or_keep, channel_way, divided, keeping_way
from clv_lib.analysis.budgeting import choose
from clv_lib.analysis.frontier import by_budget, by_risk, next_unit
from clv_lib.analysis.later_costs import later_costs
from clv_lib.analysis.programme import Limits
from clv_lib.analysis.rivals import RULES, by_rule, rivals
from clv_lib.analysis.strategy import options
from clv_lib.settings import Play, StrategySection
from tests.strategy_support import DRAWS, Believed, base, options_of

EFFECT = np.random.default_rng(5).normal(0.2, 0.1, DRAWS)
PLAY = {"cost_per_contact": 1.5, "acceptance": 0.3, "cost_per_acceptance": 2.0, "effect_days": 30}
SECTION = StrategySection(control_share=0.25, fatigue=0.01, borrowed=0.2)


def only(play: Play, world, *, section=SECTION, effect=EFFECT):
    return options(world, {"it": play}, Believed({"it": effect}), section)


def by_hand(world, play, group, draw, effect=EFFECT):
    """One contact in one draw, with plain numbers and the words of the formula."""
    margin, order = world.margin[draw], world.order_value[group, draw]
    orders = world.purchases_per_day[group, draw] * play.effect_days
    change = effect[draw]
    if play.moves == "stay":
        gain = world.risk[group, draw] * world.at_stake[group, draw] * change
        borrowed, discounted = 0.0, orders * order
    else:
        gain = orders * order * margin * change
        borrowed = 0.2 * gain if play.discount > 0 and gain > 0 else 0.0
        discounted = orders * (1 + change) * order
    driven_away = 0.01 * world.value[group, draw]
    return gain - borrowed - play.discount * discounted - 1.5 - 0.3 * 2.0 - driven_away


@pytest.mark.parametrize("moves", ["rate", "basket", "stay"])
@pytest.mark.parametrize("discount", [0.0, 0.15])
def test_a_contact_earns_what_the_formula_says_in_every_draw(moves, discount):
    world, play = base(), Play(moves=moves, discount=discount, **PLAY)
    found = only(play, world)
    for row, group in enumerate(found.table["group"]):
        expected = [by_hand(world, play, int(group), draw) for draw in range(DRAWS)]
        assert found.draws[row] == pytest.approx(expected, rel=1e-12)
        assert found.table["loss_chance"][row] == np.mean(np.array(expected) < 0)
        assert found.table["mean"][row] == pytest.approx(np.mean(expected), rel=1e-12)


def test_under_contract_there_is_no_rate_to_move_and_a_discount_is_given_on_the_renewal():
    world = base(contract=True)
    assert not len(only(Play(moves="rate", **PLAY), world).table)
    play = Play(moves="stay", discount=0.1, **PLAY)
    found = only(play, world).draws[0]
    renewal = (1 - world.risk[0]) * world.order_value[0]
    gain = world.risk[0] * world.at_stake[0] * EFFECT
    assert found == pytest.approx(gain - 0.1 * renewal - 1.5 - 0.6 - 0.01 * world.value[0], rel=1e-12)


def test_a_play_reaches_those_in_its_stages_and_leaves_room_for_the_control_group():
    world = base()
    by_stage = [{"activation": 5, "retention": 3}, {"retention": 9}, {"dormant": 10}]
    world.groups["by_stage"] = by_stage
    found = only(Play(moves="rate", stages=("retention",), **PLAY), world)
    assert list(found.table["segment"]) == ["segment_0", "segment_0"]
    assert list(found.table["customers"]) == [2, 6]  # of 3 and 9, a quarter is left out to measure
    everywhere = only(Play(moves="rate", **PLAY), world)
    assert everywhere.table.groupby(["segment", "band"])["customers"].sum().tolist() == [6, 6, 7]


def test_no_more_are_planned_than_the_list_can_give_a_day():
    world = base()
    world.groups["by_stage"] = [{"activation": 5, "retention": 3}, {"retention": 9}, {"dormant": 10}]
    able = [
        ("it", "segment_0", 1, "retention", 2),
        ("it", "segment_0", 2, "retention", 400),
        ("other", "segment_1", 1, "dormant", 9),
    ]
    reach = pd.DataFrame(able, columns=["play", "segment", "band", "lifecycle_stage", "n"])
    play = Play(moves="rate", **PLAY)
    found = options(world, {"it": play}, Believed({"it": EFFECT}), SECTION, reach).table
    assert list(found["segment"]) == ["segment_0", "segment_0"], "whom the list cannot reach is no option"
    assert list(found["customers"]) == [1, 6]  # of 2 a quarter is left out; never more than the 9 that there are


def test_later_costs_are_a_cost_of_the_plan_and_not_of_the_books():
    world, play = base(), Play(moves="rate", discount=0.1, **PLAY)
    found = only(play, world, effect=np.full(DRAWS, 0.8))
    table = found.table
    assert found.short.mean(axis=1) - found.draws.mean(axis=1) == pytest.approx(
        table["borrowed"] + table["driven_away"]
    )
    plan = choose(found, SECTION.model_copy(update={"test_contacts": 10**6}))
    costs = later_costs(found, plan, loss_chance=1.0)
    assert costs.parts["profit"].sum() == pytest.approx(plan.expected.mean, rel=1e-9)
    assert costs.promised.mean >= costs.kept.mean


def measured(**changes) -> StrategySection:
    return SECTION.model_copy(update=changes)


def simple(profit: list[float], *, spend=1.0, fixed=0.0, most=10, source="measured", spread=0.0):
    """One play in as many groups as there are profits."""
    rng = np.random.default_rng(0)
    draws = np.array(profit)[:, None] + spread * rng.standard_normal((len(profit), 200))
    rows = [
        {"group": group, "play": "it", "channel": "email", "customers": most, "spend": spend}
        for group in range(len(profit))
    ]
    found = options_of(rows, draws, fixed={"it": fixed}, most=dict.fromkeys(range(len(profit)), most))
    found.table["source"] = source
    return found


@pytest.mark.parametrize(
    ("made", "changes", "reason"),
    [
        (simple([2.0]), {"budget": 0.0}, "no_budget"),
        (simple([2.0]), {"budget": 0.5}, "small_budget"),
        (simple([2.0], fixed=8.0), {"budget": 5.0}, "small_budget"),
        (simple([-1.0]), {}, "unprofitable"),
        (simple([0.5], spread=2.0), {"loss_chance": 0.1}, "unsure"),
        (simple([2.0]), {"contacts": {"email": 0}}, "no_contacts"),
        (simple([2.0], fixed=21.0), {}, "fixed_costs"),
        (simple([1.0], spread=3.0, source="prior", most=40), {"downside": 0.0}, "downside"),
        (simple([1.0], source="prior", most=20), {}, "fixed_costs"),
        (simple([2.0]).where(np.array([False])), {}, "no_plays"),
    ],
)
def test_an_empty_plan_says_why(made, changes, reason):
    plan = choose(made, measured(**{"downside": 1e9, "test_contacts": 10**6, **changes}))
    assert (plan.customers, plan.spent, plan.empty_because) == (0, 0.0, reason)
    assert plan.table.empty and plan.plays.empty and not plan.profit.any()


def test_a_play_that_nobody_has_measured_is_only_tried():
    tried = simple([0.5, 0.4], spread=3.0, source="prior", most=400)
    free = {"downside": 1e9, "loss_chance": 0.1}
    assert choose(tried, measured(**free, test_contacts=50)).customers == 50
    assert choose(tried, measured(**free, test_contacts=50, test_plays=0)).customers == 0
    assert choose(tried, measured(**free, test_contacts=20)).left_out == ("it",), "too few to learn anything"
    assert choose(simple([0.5], spread=3.0), measured(**free)).customers == 0, "measured, and not sure enough"


def test_without_a_budget_everything_worthwhile_is_funded_and_one_more_unit_brings_nothing():
    plan = choose(simple([3.0, 2.0, -1.0]), measured(downside=1e9))
    assert (plan.spent, plan.limits.budget, plan.budget_is) == (20.0, 20.0, "derived")
    assert plan.expected.mean == pytest.approx(50.0)
    assert not next_unit(plan).binding
    assert next_unit(plan).needed == 20.0


def test_the_next_unit_brings_what_the_best_of_those_waiting_earns():
    """The best group is funded; the next earns 2 per unit of money. The step of a tenth is one contact more."""
    plan = choose(simple([3.0, 2.0]), measured(budget=10.0, downside=1e9))
    found = next_unit(plan, part=0.1)
    assert (found.value.mean, found.value.low, found.step) == pytest.approx((2.0, 2.0, 1.0))


def test_the_frontiers_never_fall_and_pass_through_the_plan():
    limits = measured(budget=15.0, downside=20.0, loss_chance=1.0)
    plan = choose(simple([3.0, 2.0, 1.0], spread=6.0), limits)
    assert plan.customers > 0 and plan.worst == pytest.approx(20.0, abs=3.0), "the limit on losses matters"
    for curve, limit, used in (
        (by_budget(plan), "budget", plan.limits.budget),
        (by_risk(plan), "downside", plan.limits.downside),
    ):
        rows = curve.sort_values(limit)
        assert (rows["profit"].diff().dropna() > -0.02 * rows["profit"].max()).all()
        assert (rows["worst"] <= (rows["downside"] if limit == "downside" else plan.limits.downside) + 1e-4).all()
        here = rows.loc[np.isclose(rows[limit], used), "profit"]
        assert here.iloc[0] == pytest.approx(plan.expected.mean, rel=0.02) if len(here) else limit == "downside"


def test_rules_keep_the_money_and_the_caps_and_go_in_their_order():
    made = simple([1.0, 2.0, 3.0])
    made.groups["value"], made.groups["risk"] = [30.0, 20.0, 10.0], [0.1, 0.2, 0.3]
    limits = Limits(budget=15.0, contacts={"email": 12})
    assert by_rule(made, "top_by_value", limits).tolist() == [10, 2, 0]
    assert by_rule(made, "riskiest", limits).tolist() == [0, 2, 10]
    assert by_rule(made, "everyone", limits).tolist() == [4, 4, 4]
    plan = choose(made, measured(budget=15.0, downside=1e9))
    found = {each.rule: each for each in rivals(made, plan)}
    assert set(found) == {"plan", *RULES}
    assert found["plan"].profit.mean == pytest.approx(10 * 3.0 + 5 * 2.0)
    assert found["top_by_value"].ahead.mean == pytest.approx(40.0 - (10 * 1.0 + 5 * 2.0))


def test_money_is_divided_between_winning_and_keeping_as_a_search_over_all_divisions_finds():
    """A grid over every division; the steps are a fortieth of a channel, so the two agree to one step's worth."""
    import pandas as pd

    frontier = pd.DataFrame({"spent": [0.0, 40.0, 100.0], "profit": [0.0, 90.0, 130.0]})
    keep = keeping_way(frontier, 100.0)
    cheap = channel_way("cheap", spend=100.0, cost=10.0, value=30.0, returns=0.6, most=2.0)
    found = divided([keep, cheap], 200.0, floors={})
    best = max(
        ((keep.profit(kept) + cheap.profit(min(200.0 - kept, 200.0))), kept) for kept in np.linspace(0, 200, 401)
    )
    assert keep.profit(found[KEEP]) + cheap.profit(found["cheap"]) == pytest.approx(best[0], rel=2e-3)
    exact = 30.0 * 10 * (found["cheap"] / 100) ** 0.6 - found["cheap"]
    assert cheap.profit(found["cheap"]) == pytest.approx(exact, rel=1e-9), "at the end of a step the curve is met"


def test_a_channel_gets_nothing_beyond_the_most_to_pay_for_a_customer():
    import pandas as pd

    frontier = pd.DataFrame({"spent": [0.0], "profit": [0.0]})
    channels = pd.DataFrame(
        {"channel": ["tv"], "customers": [24.0], "cac": [20.0], "clv_net_of_cac": [20.0], "most": [30.0]}
    )
    split = acquire_or_keep(channels, frontier, spent=0.0, months=24, plan_months=2, returns=0.5, most=5.0)
    row = split.table.set_index("channel").loc["tv"]
    assert row["now"] == pytest.approx(2 * 20.0)  # two customers in two months
    # the next customer costs 20 / 0.5 * (s / 40) ** 0.5 = 40 now: more than 30, the most to pay, so less is spent
    assert row["next"] == 40.0
    assert row["best"] == pytest.approx(40 * (30 / 40) ** 2, abs=5.0)
    unknown = channels.assign(customers=np.nan)
    assert acquire_or_keep(unknown, frontier, spent=0, months=24, plan_months=2, returns=0.5, most=5) is None
