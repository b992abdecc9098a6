"""Value after the cost of serving: against whole simulated lives, by its parts, and what must never enter it."""

import inspect
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_lib.analysis import components, lifetime, losses, projection, sums, terms, unit_costs, valuation
from clv_lib.analysis.channels import channel_table, value_by_channel
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.new_customers import new_customer_draws, summarise_new_customer, value_new_customer
from clv_lib.analysis.projection import months_lived
from clv_lib.analysis.terms import ReferralGain, terms_of
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.analysis.valuation import CustomerValues, value_customers
from clv_lib.errors import UsageError
from tests.examples import examples
from tests.lives import FAMILIES, PURCHASE, SPEND, Lives, constant_draws, simulate_lives

YEAR = Economics(gross_margin=0.3, discount_rate_per_week=0.0027, horizon_weeks=52.0)
COSTS = (0.4, 1.5, 0.8)  # of revenue left, per order, per month
PARTS = ["residual_contribution", "residual_service_cost", "referral_value"]


def unit(margin: float, per_order: float, per_month: float, draws: int = 1) -> UnitCosts:
    return draws_of(*(np.full(draws, value) for value in (margin, per_order, per_month)))


def draws_of(margin: np.ndarray, per_order: np.ndarray, per_month: np.ndarray) -> UnitCosts:
    return UnitCosts(margin, per_order, per_month, currency="USD", source="measured")


def gain(rate: float, worth: float, draws: int = 1) -> ReferralGain:
    return ReferralGain(np.full(draws, rate), np.full(draws, worth))


def posterior(parameters: dict[str, float], seed: int, draws: int = 30) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(seed).normal(0, 0.05, (len(parameters), draws, 1))
    return {name: value * np.exp(noise[i]) for i, (name, value) in enumerate(parameters.items())}


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    x = rng.poisson(1.5, 60)
    return pd.DataFrame(
        {
            "frequency": x,
            "recency": np.where(x > 0, rng.uniform(1, 39, 60), 0.0),
            "T": 39.0,
            "spend_bin": np.where(x > 0, np.arange(60), -1),
            "monetary_value": np.where(x > 0, rng.lognormal(3.3, 0.5, 60), np.nan),
            "n": rng.integers(1, 30, 60),
        }
    ).drop_duplicates(["frequency", "recency", "spend_bin"], ignore_index=True)


def value(family: str, cells: pd.DataFrame, economics: Economics = YEAR, *, draws: int = 30, **options):
    pair = posterior(PURCHASE[family], 1, draws), posterior(SPEND, 2, draws)
    return value_customers(*pair, cells, family=family, economics=economics, seed=7, **options)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_costs_and_the_stated_margin_give_the_value_without_a_cost_table_to_the_last_bit(family, cells):
    plain = value(family, cells)
    zero = value(family, cells, YEAR.replacing(gross_margin=0.9), unit_costs=unit(0.3, 0.0, 0.0))
    pd.testing.assert_frame_equal(zero.cells, plain.cells, check_exact=True)
    pd.testing.assert_frame_equal(zero.draws, plain.draws, check_exact=True)
    assert (plain.cells["residual_service_cost"] == 0).all()
    np.testing.assert_array_equal(plain.cells["residual_contribution"], plain.cells["residual_clv"])


@pytest.mark.parametrize("family", FAMILIES)
def test_costs_change_neither_the_purchases_nor_what_they_leave(family, cells):
    """One stream of luck for purchases, another for time and referrals: only the cost and the referrals are new."""
    plain = value(family, cells)
    dear = value(family, cells, unit_costs=unit(0.3, 0.0, 2.0), referrals=gain(0.02, 30.0))
    for name in ("p_alive", "expected_purchases", "residual_contribution"):
        np.testing.assert_array_equal(dear.cells[name], plain.cells[name])
    for name in ("active_customers_realised", "expected_purchases_realised", "residual_contribution_realised"):
        np.testing.assert_array_equal(dear.draws[name], plain.draws[name])
    assert (dear.cells["residual_service_cost"] > 0).all()
    assert (dear.cells["referral_value"] > 0).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_add_up_to_the_value(family, cells):
    found = value(family, cells, unit_costs=unit(*COSTS), referrals=gain(0.02, 30.0))
    for table, ends in ((found.cells, [""]), (found.draws, ["", "_realised"])):
        for end in ends:
            contribution, cost, brought = (table[name + end] for name in PARTS)
            np.testing.assert_allclose(table["residual_clv" + end], contribution - cost + brought, atol=1e-9)
    assert found.total.mean == pytest.approx(float(found.cells["residual_clv"] @ found.cells["n"]))


def test_costs_are_multiplied_draw_by_draw(cells):
    """Cost and time alive that are high in the same draws cost more than the product of their means."""
    family, draws = "pareto_nbd", 40
    purchase = posterior(PURCHASE[family], 1, draws)
    per_month = np.where(purchase["s"].ravel() < np.median(purchase["s"]), 4.0, 0.5)  # dear where customers stay long
    costs = draws_of(np.full(draws, 0.3), np.zeros(draws), per_month)
    found = value_customers(
        purchase, posterior(SPEND, 2, draws), cells, family=family, economics=YEAR, seed=1, unit_costs=costs
    )
    each = [
        value_customers(
            {name: column[[i]] for name, column in purchase.items()},
            {name: column[[i]] for name, column in posterior(SPEND, 2, draws).items()},
            cells,
            family=family,
            economics=YEAR,
            seed=1,
            unit_costs=unit(0.3, 0.0, per_month[i]),
        ).cells["residual_service_cost"]
        for i in range(draws)
    ]
    np.testing.assert_allclose(found.cells["residual_service_cost"], np.mean(each, axis=0), rtol=1e-10)
    apart = value(family, cells, draws=draws, unit_costs=unit(0.3, 0.0, per_month.mean()))
    assert (found.cells["residual_service_cost"] > apart.cells["residual_service_cost"]).all()


def test_another_number_of_cost_draws_is_thinned_or_repeated_evenly():
    three = draws_of(np.array([0.1, 0.2, 0.3]), np.zeros(3), np.zeros(3))
    assert terms_of(YEAR, 6, unit_costs=three).margin_rate.ravel().tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    six = draws_of(np.arange(6) / 10, np.zeros(6), np.zeros(6))
    assert terms_of(YEAR, 3, unit_costs=six).margin_rate.ravel().tolist() == [0.0, 0.2, 0.4]


@pytest.mark.parametrize("bad", [np.array([np.nan, 1.0]), np.array([np.inf]), np.zeros((2, 1)), np.zeros(0)])
def test_unit_costs_that_are_not_numbers_are_refused(bad):
    with pytest.raises(UsageError, match="per_order must hold one finite number per draw"):
        terms_of(YEAR, 4, unit_costs=draws_of(np.ones(2), bad, np.ones(2)))


@cache
def lives_and_values(family: str, draws: int = 1) -> tuple[Lives, CustomerValues, np.ndarray]:
    lives = simulate_lives(family, customers=200_000, age=40.0, horizon=52.0, discount_rate=0.0027, seed=23)
    values = value_customers(
        constant_draws(PURCHASE[family]),
        constant_draws(SPEND),
        lives.cells,
        family=family,
        economics=YEAR,
        seed=1,
        unit_costs=unit(*COSTS),
    )
    return lives, values, profit_of(lives)


def profit_of(lives: Lives) -> np.ndarray:
    margin, per_order, per_month = COSTS
    months = months_lived(lives.weeks, discount_rate=0.0027)
    return margin * lives.value - per_order * lives.discounted - per_month * months


@pytest.mark.parametrize("family", FAMILIES)
def test_value_after_costs_equals_the_mean_of_two_hundred_thousand_simulated_lives(family):
    """In every class of past behaviour, part by part; 4 standard errors of the simulation."""
    lives, values, profit = lives_and_values(family)
    margin, per_order, per_month = COSTS
    truth = {
        "residual_clv": profit,
        "residual_contribution": margin * lives.value - per_order * lives.discounted,
        "residual_service_cost": per_month * months_lived(lives.weeks, discount_rate=0.0027),
    }
    classes = np.minimum(lives.cells["frequency"], 6) * 2 + (lives.cells["recency"] > 25)
    for name, came in truth.items():
        by = (came - values.cells[name]).groupby(classes)
        assert (by.mean() / (by.std() / np.sqrt(by.size()))).abs().max() < 4, name


@pytest.mark.parametrize("family", FAMILIES)
def test_customers_who_stay_and_do_not_buy_are_worth_less_than_nothing_and_really_are(family):
    """The group is chosen by what the model expects of them; its realised mean lies below nothing as well."""
    _, values, profit = lives_and_values(family)
    below = (values.cells["residual_clv"] < -0.25).to_numpy()
    assert below.sum() > 1_000
    error = profit[below].std() / below.sum() ** 0.5
    assert profit[below].mean() == pytest.approx(values.cells["residual_clv"][below].mean(), abs=4 * error)
    assert profit[below].mean() + 4 * error < 0


@pytest.mark.parametrize("family", FAMILIES)
def test_predictive_intervals_after_costs_hold_as_many_customers_as_they_claim(family):
    """With 399 draws the ends cut off a twentieth; lumps at nothing and at a whole year of costs may widen them."""
    lives, known, profit = lives_and_values(family)
    some = np.flatnonzero(known.cells["expected_purchases"] > 0.5)[:4_000]
    values = value_customers(
        constant_draws(PURCHASE[family], 399),
        constant_draws(SPEND, 399),
        lives.cells.iloc[some],
        family=family,
        economics=YEAR,
        seed=2,
        unit_costs=unit(*COSTS),
    ).cells
    came, sure = profit[some], 4 * np.sqrt(0.05 * 0.95 / len(some))
    assert np.mean(came > values["residual_clv_predictive_high"]) == pytest.approx(0.05, abs=sure)
    assert np.mean(came < values["residual_clv_predictive_low"] - 1e-9) < 0.05 + sure
    assert (values["residual_clv_predictive_low"] < 0).mean() > 0.5  # months of costs and no purchase are an outcome


def test_intervals_of_totals_after_costs_hold_nine_in_ten_of_sixty_populations():
    """60 populations of 300 customers, parameters known; 4 binomial standard errors are 0.15."""
    lives, _, profit = lives_and_values("pareto_nbd")
    inside = 0
    for part in range(60):
        some = slice(300 * part, 300 * (part + 1))
        total = value_customers(
            constant_draws(PURCHASE["pareto_nbd"], 199),
            constant_draws(SPEND, 199),
            lives.cells[some],
            family="pareto_nbd",
            economics=YEAR,
            seed=part,
            unit_costs=unit(*COSTS),
        ).total
        inside += total.predictive_low <= profit[some].sum() <= total.predictive_high
    assert 45 <= inside <= 60


def test_totals_of_a_handful_may_fall_below_nothing_by_costs_but_never_without_them():
    gone = pd.DataFrame(
        {"frequency": [1], "recency": [2.0], "T": [39.0], "spend_bin": [0], "monetary_value": [20.0], "n": [5]}
    )
    pair = constant_draws(PURCHASE["pareto_nbd"], 500), constant_draws(SPEND, 500)
    known = {"family": "pareto_nbd", "economics": YEAR, "seed": 1}
    free = value_customers(*pair, gone, **known).draws
    dear = value_customers(*pair, gone, **known, unit_costs=unit(0.3, 0.0, 5.0)).draws
    assert free["residual_clv_realised"].min() == 0.0
    assert dear["residual_clv_realised"].min() < 0.0
    assert dear["residual_service_cost_realised"].min() == 0.0
    assert dear["residual_clv_realised"].max() < dear["residual_contribution_realised"].max() + 1e-9


def test_total_after_costs_varies_like_the_total_of_the_customers_simulated_one_by_one():
    """One simulated customer per cell, scaled with one factor for what it brings and costs, against 940 in full."""
    draws = 4_000
    cells = pd.DataFrame(
        {
            "frequency": [0, 1, 2, 7],
            "recency": [0.0, 30.0, 30.43, 35.0],
            "T": [39.0, 39.0, 38.86, 39.0],
            "spend_bin": [-1, 3, 4, 5],
            "monetary_value": [np.nan, 20.0, 35.0, 50.0],
            "n": [600, 250, 65, 25],
        }
    )
    one_by_one = cells.loc[cells.index.repeat(cells["n"])].assign(n=1)
    options = {"family": "pareto_nbd", "economics": YEAR, "unit_costs": unit(*COSTS), "referrals": gain(0.05, 12.0)}

    def totals(table: pd.DataFrame, size: int, seed: int) -> pd.DataFrame:
        pair = constant_draws(PURCHASE["pareto_nbd"], size), constant_draws(SPEND, size)
        return value_customers(*pair, table, seed=seed, **options).draws

    scaled = totals(cells, draws, 1)
    in_full = pd.concat([totals(one_by_one, 200, seed) for seed in range(10)])
    for name in ("residual_clv", *PARTS):
        left, right = scaled[name + "_realised"], in_full[name + "_realised"]
        expected = scaled[name].iloc[0]
        assert in_full[name].iloc[0] == pytest.approx(expected, rel=1e-10)
        assert left.mean() == pytest.approx(expected, abs=4 * left.std() / draws**0.5)
        assert right.mean() == pytest.approx(expected, abs=4 * right.std() / len(right) ** 0.5)
        # the deviation of a near-normal sample errs by 1 / sqrt(2 m); doubled for the tails of scaled outcomes
        assert left.std() == pytest.approx(right.std(), rel=8 * np.hypot((2 * draws) ** -0.5, (2 * len(right)) ** -0.5))


def test_referrals_bring_rate_times_worth_times_months_and_vary_like_a_compound_poisson_number():
    """Customers who all stay a year: mean rate * worth * months, variance rate * E[worth^2] * months, undiscounted."""
    stay = {"r": 0.6, "alpha": 6.0, "s": 1e-9, "beta": 1e6}
    outcomes = np.random.default_rng(1).normal(10.0, 30.0, (4_000, 50))  # many newcomers lose money
    brings = ReferralGain(np.full(4_000, 0.25), outcomes.mean(axis=1), outcomes)
    cells = pd.DataFrame(
        {"frequency": [3], "recency": [38.0], "T": [39.0], "spend_bin": [0], "monetary_value": [20.0], "n": [1]}
    )
    found = value_customers(
        constant_draws(stay, 4_000),
        constant_draws(SPEND, 4_000),
        cells,
        family="pareto_nbd",
        economics=YEAR.replacing(discount_rate_per_week=0.0),
        seed=1,
        referrals=brings,
    )
    months, came = 52.0 * 12 * 7 / 365.25, found.draws["referral_value_realised"]
    assert found.cells["referral_value"].item() == pytest.approx(0.25 * outcomes.mean() * months, rel=1e-6)
    assert came.mean() == pytest.approx(found.referral_value.mean, abs=4 * came.std() / 4_000**0.5)
    # four standard errors of a variance of 4,000 outcomes with a kurtosis near 4
    assert came.var() == pytest.approx(0.25 * (outcomes**2).mean() * months, rel=4 * (3 / 4_000) ** 0.5)


small = st.floats(0.0, 5.0)


@examples(12, thorough=40)
@given(family=st.sampled_from(FAMILIES), order=small, month=small, more=st.floats(0.01, 3.0), rate=st.floats(0, 0.02))
def test_the_dearer_the_less_worth_and_margin_scales_what_purchases_leave(family, order, month, more, rate):
    cells = pd.DataFrame(
        {
            "frequency": [0, 2, 9],
            "recency": [0.0, 30.0, 38.0],
            "T": [39.0, 39.0, 40.0],
            "spend_bin": [-1, 0, 1],
            "monetary_value": [np.nan, 20.0, 35.0],
            "n": [5, 2, 1],
        }
    )

    def at(margin: float, order: float, month: float, interest: float = 0.0027) -> CustomerValues:
        economics = YEAR.replacing(discount_rate_per_week=interest)
        costs = unit(margin, order, month)
        return value(family, cells, economics, draws=5, unit_costs=costs, referrals=gain(rate, 20.0))

    base = at(0.3, order, month)
    for dearer in (at(0.3, order + more, month), at(0.3, order, month + more), at(0.3 - more / 20, order, month)):
        assert (dearer.cells["residual_clv"] < base.cells["residual_clv"]).all()
        assert dearer.total.mean < base.total.mean
        assert (dearer.cells["residual_clv_infinite"] < base.cells["residual_clv_infinite"]).all()
    twice = at(0.6, 2 * order, month)
    np.testing.assert_allclose(twice.cells["residual_contribution"], 2 * base.cells["residual_contribution"], rtol=1e-9)
    np.testing.assert_array_equal(twice.cells["residual_service_cost"], base.cells["residual_service_cost"])
    later = at(0.3, order, month, interest=0.02)
    assert (later.cells["residual_service_cost"] <= base.cells["residual_service_cost"]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_customer_after_costs_brings_what_simulated_newcomers_bring(family):
    """The first purchase is an order as well, and the months begin with it; 4 standard errors of the simulation."""
    lives = simulate_lives(family, customers=100_000, age=0.0, horizon=52.0, discount_rate=0.0027, seed=31)
    new = value_new_customer(
        constant_draws(PURCHASE[family], 2_000),
        constant_draws(SPEND, 2_000),
        family=family,
        economics=YEAR,
        seed=4,
        first_value=25.0,
        unit_costs=unit(*COSTS),
        cac=12.0,
    )
    margin, per_order, _ = COSTS
    came = margin * 25.0 - per_order + profit_of(lives)
    assert new.clv.mean == pytest.approx(came.mean(), abs=4 * came.std() / len(came) ** 0.5)
    # 20,000 simulated outcomes place an end within 4 * sqrt(.05 * .95 / 20,000) of its share
    assert np.mean(came > new.clv.predictive_high) == pytest.approx(0.05, abs=0.007)
    assert np.mean(came < new.clv.predictive_low - 1e-9) < 0.057
    assert new.first_purchase == pytest.approx(margin * 25.0 - per_order)
    assert new.contribution - new.service_cost == pytest.approx(new.clv.mean)
    assert new.clv_net_of_cac.mean == pytest.approx(new.clv.mean - 12.0)


def newcomers(**options):
    return new_customer_draws(
        posterior(PURCHASE["bg_nbd"], 1, 200),
        posterior(SPEND, 2, 200),
        family="bg_nbd",
        economics=YEAR,
        seed=3,
        first_value=25.0,
        **options,
    )


def test_a_newcomer_without_costs_is_worth_what_it_was():
    plain, zero = newcomers(), newcomers(unit_costs=unit(0.3, 0.0, 0.0))
    np.testing.assert_array_equal(plain.value.total, zero.value.total)
    np.testing.assert_array_equal(plain.outcomes, zero.outcomes)
    assert summarise_new_customer(plain).clv == summarise_new_customer(zero).clv


def test_a_newcomer_who_refers_is_worth_the_first_generation_more():
    draws = newcomers()
    brought = draws.referral_gain(per_active_month=np.full(200, 0.01), cost=3.0)
    np.testing.assert_allclose(brought.newcomer, draws.value.total - 3.0)
    again = newcomers(referrals=brought)
    added = again.value.total - draws.value.total
    np.testing.assert_allclose(added, again.value.referral_value, rtol=1e-9)
    months = newcomers(unit_costs=unit(0.3, 0.0, 1.0)).value.service_cost
    np.testing.assert_allclose(added, 0.01 * months * (draws.value.total - 3.0), rtol=1e-9)


def test_channels_are_set_against_what_they_ask_for_a_customer():
    draws = newcomers(unit_costs=unit(*COSTS))
    worth = summarise_new_customer(draws).clv
    uncertain = np.linspace(8.0, 12.0, 50)
    found = value_by_channel(
        draws, {"ads": worth.mean + 1, "letters": uncertain, "friends": 0.0}, customers={"ads": 70}
    )
    friends, letters, ads = found
    assert [each.channel for each in found] == ["friends", "letters", "ads"]
    assert friends.ratio is None
    assert ads.net.mean == pytest.approx(-1.0)
    assert ads.ratio.mean < 1
    assert ads.customers == 70
    assert letters.customers is None
    assert letters.cac.mean == pytest.approx(10.0)
    assert ads.net.high - ads.net.low == pytest.approx(worth.high - worth.low)
    assert letters.net.high - letters.net.low > worth.high - worth.low  # the cost is uncertain as well
    assert ads.most == letters.most == pytest.approx(worth.low)
    assert 0 < ads.pays_back < 0.5
    table = channel_table(found)
    assert np.isnan(table["ltv_cac"][0])
    assert table["ltv_cac"][1:].tolist() == [letters.ratio.mean, ads.ratio.mean]


def test_nothing_should_be_paid_for_a_customer_who_costs_more_than_it_brings():
    found = value_by_channel(newcomers(unit_costs=unit(0.3, 0.0, 50.0)), {"ads": 5.0})
    assert found[0].most == 0.0
    assert found[0].ratio.mean < 0


def test_who_is_worth_less_than_nothing_is_counted_by_customers():
    cells = pd.DataFrame(
        {
            "frequency": [0, 0, 3],
            "n": [6, 2, 2],
            "residual_clv": [-2.0, 1.0, -1.0],
            "residual_contribution": [1.0, 4.0, 2.0],
            "residual_service_cost": [3.0, 3.0, 3.0],
            "referral_value": 0.0,
        }
    )
    found = losses.losses(cells)
    assert (found.customers, found.one_time, found.share) == (8, 6, 0.8)
    assert (found.value, found.contribution, found.service_cost) == (-14.0, 10.0, 24.0)
    assert losses.losses(cells.assign(residual_clv=1.0)).customers == 0


def test_acquisition_cost_has_no_way_into_residual_value():
    """No function or field on the way from draws to residual CLV can carry it, under any of its names."""
    for module in (valuation, sums, components, terms, projection, unit_costs, lifetime):
        for name, thing in inspect.getmembers(module):
            if getattr(thing, "__module__", "") != module.__name__ or not callable(thing):
                continue
            words = set(inspect.signature(thing).parameters)
            assert not [word for word in words if "cac" in word or "acqui" in word], f"{module.__name__}.{name}"
