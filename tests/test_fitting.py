"""Fits by NUTS: the right posterior, trusted where it should be, the same again, on disk and back."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.errors import CannotEstimateError, DataError, SettingsError
from clv_lib.models.bg_nbd import simulate_purchases
from clv_lib.models.checks import check_purchases
from clv_lib.models.fitting import diagnose, fit_purchases, fit_spend, load_posterior, sample
from clv_lib.models.graphs import cell_model
from clv_lib.models.posterior import Posterior
from clv_lib.models.priors import DEFAULT_PRIORS
from clv_lib.settings import ModelSection
from tests.models_support import as_cells, spend_cells, summary

PUBLISHED = {
    "bg_nbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "mbg_nbd": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    "pareto_nbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
    "gamma_gamma": {"p": 6.25, "q": 3.74, "v": 15.44},
}
SHORT = ModelSection(draws=1000, tune=600, chains=4, seed=20)


@pytest.fixture(scope="module")
def fits():
    """One posterior per family on the 1/10 sample."""
    cells = as_cells(summary())
    purchases = {family: fit_purchases(cells, family=family, settings=SHORT) for family in list(PUBLISHED)[:3]}
    return {**purchases, "gamma_gamma": fit_spend(spend_cells(summary()), settings=SHORT)}


@pytest.mark.slow
@pytest.mark.parametrize("family", list(PUBLISHED))
def test_the_posterior_covers_the_published_estimates_and_is_trusted(fits, family):
    found = diagnose(fits[family])
    assert found.trusted, found
    for name, draws in fits[family].draws().items():
        low, high = np.quantile(draws, [0.05, 0.95])
        assert low < PUBLISHED[family][name] < high, name


def _row_by_row():
    """pymc-marketing's own model with the same priors, one row per customer."""
    from pymc_extras.prior import Prior
    from pymc_marketing.clv import BetaGeoModel

    priors = {name: Prior(p.dist, **p.arguments) for name, p in DEFAULT_PRIORS["bg_nbd"].items()}
    model = BetaGeoModel(model_config=priors)
    model.build_model(summary().reset_index(names="customer_id")[["customer_id", "frequency", "recency", "T"]])
    return model.model


@pytest.mark.slow
def test_the_posterior_on_cells_equals_pymc_marketing_row_by_row(fits):
    """Means within four Monte Carlo standard errors of the difference (eight comparisons: 1 in 2,000 by chance)."""
    rows = sample(_row_by_row(), family="bg_nbd", draws=1000, tune=600, chains=4, seed=4)
    assert diagnose(rows).trusted
    for name in rows.parameters:
        cells = fits["bg_nbd"].draws()[name]
        other = rows.draws()[name]
        effective = min(diagnose(rows).ess_bulk_min, diagnose(fits["bg_nbd"]).ess_bulk_min)
        error = np.hypot(cells.std(), other.std()) / np.sqrt(effective)
        assert cells.mean() == pytest.approx(other.mean(), abs=4 * error), name
        assert cells.std() == pytest.approx(other.std(), rel=0.12), name


@pytest.mark.slow
def test_the_same_seed_gives_the_same_draws_on_any_number_of_cores():
    cells = as_cells(summary())
    few = {"family": "bg_nbd", "settings": ModelSection(draws=100, tune=200, chains=2, seed=7)}
    one, two = (fit_purchases(cells, cores=cores, **few).draws() for cores in (1, 2))
    other = fit_purchases(cells, seed=8, **few).draws()
    assert all((one[name] == two[name]).all() for name in one)
    assert not any((one[name] == other[name]).any() for name in one)


@pytest.mark.slow
def test_a_compiled_model_fits_other_cells_as_a_fresh_one_does(fits):
    """`fits` leaves a model compiled on a two-row example; a graph built on the cells themselves must agree."""
    cells = as_cells(summary())
    fresh = sample(cell_model("mbg_nbd", cells, DEFAULT_PRIORS["mbg_nbd"]), family="mbg_nbd", tune=600, seed=20)
    for name, draws in fresh.draws().items():
        assert draws.mean() == pytest.approx(fits["mbg_nbd"].draws()[name].mean(), rel=1e-6)


@pytest.mark.slow
def test_a_posterior_survives_the_disk(fits, tmp_path):
    for family, posterior in fits.items():
        posterior.save(tmp_path / f"{family}.nc")
        back = load_posterior(tmp_path / f"{family}.nc")
        assert (back.family, back.scale, back.customers) == (family, posterior.scale, posterior.customers)
        assert diagnose(back) == diagnose(posterior)
        for name, draws in posterior.draws(50, seed=1).items():
            assert (back.draws(50, seed=1)[name] == draws).all()


@pytest.mark.slow
def test_spend_in_rupiah_fits_as_well_as_in_dollars(fits):
    table = spend_cells(summary())
    rupiah = table.assign(
        monetary_value=table["monetary_value"] * 15_800, mean_log_value=table["mean_log_value"] + np.log(15_800)
    )
    found = fit_spend(rupiah, settings=SHORT)
    assert diagnose(found).trusted
    assert found.scale == pytest.approx(fits["gamma_gamma"].scale * 15_800)
    for name, factor in (("p", 1), ("q", 1), ("v", 15_800)):
        dollars = fits["gamma_gamma"].draws()[name] * factor
        assert found.draws()[name].mean() == pytest.approx(dollars.mean(), abs=0.15 * dollars.std())
    assert found.share_without_mean() == 0


@pytest.mark.slow
def test_a_mean_spend_that_may_not_exist_is_reported():
    """Levels so unequal (q = 0.9) that the mean diverges: the posterior says so instead of a negative number."""
    rng = np.random.default_rng(3)
    level = rng.gamma(0.9, 1 / 20.0, 1500)
    x = rng.integers(1, 5, 1500)
    value = rng.gamma(4.0 * x) / level / x
    found = fit_spend(
        pd.DataFrame({"frequency": x, "monetary_value": value, "mean_log_value": np.log(value), "n": 1}), settings=SHORT
    )
    assert found.share_without_mean() > 0.5


def _customers_who_never_leave() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    rate, T = rng.gamma(1.5, 0.2, 1500), rng.integers(20 * 7, 60 * 7, 1500) / 7
    x = rng.poisson(rate * T)
    last = np.where(x > 0, np.round(T * rng.beta(np.maximum(x, 1), 1) * 7) / 7, 0.0)
    return pd.DataFrame({"frequency": x, "recency": last, "T": T})


@pytest.mark.slow
@pytest.mark.parametrize("family", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_data_without_drop_out_are_sampled_without_divergences(family):
    customers = _customers_who_never_leave()
    found = fit_purchases(as_cells(customers), family=family, settings=SHORT)
    assert diagnose(found).trusted, diagnose(found)
    draws = found.draws(60)
    check = check_purchases(draws, as_cells(customers), family=family, rng=np.random.default_rng(1), mass=0.99)
    assert check["observed"].between(check["low"], check["high"]).sum() >= 7


@pytest.mark.slow
def test_times_in_a_shop_that_sells_once_a_year_are_no_trouble():
    rng = np.random.default_rng(2)
    T = rng.integers(100, 520, 3000).astype(float)
    born = {"frequency": np.zeros_like(T), "recency": 0.0, "T": 0.0}
    made = simulate_purchases(rng, 1.2, 90.0, 0.8, 3.0, **born, horizon=T)
    recency = np.where(made.count > 0, np.minimum(2 * made.mean_time, T), 0.0)  # a plausible one: it need not be exact
    found = fit_purchases(
        as_cells(pd.DataFrame({"frequency": made.count, "recency": np.round(recency), "T": T})),
        family="bg_nbd",
        settings=SHORT,
    )
    assert diagnose(found).trusted
    assert found.draws()["alpha"].mean() > 40


def _posterior_of(**chains: np.ndarray) -> Posterior:
    import xarray as xr

    dataset = xr.Dataset({name: (("chain", "draw"), value) for name, value in chains.items()})
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros(dataset["r"].shape, bool))})
    return Posterior("bg_nbd", xr.DataTree.from_dict({"posterior": dataset, "sample_stats": stats}))


def test_chains_that_disagree_or_stand_still_or_diverge_are_not_trusted():
    rng = np.random.default_rng(1)
    good = {name: rng.normal(size=(4, 1000)) for name in ("r", "alpha", "a", "b")}
    assert diagnose(_posterior_of(**good)).trusted
    apart = good | {"r": good["r"] + np.array([0, 0, 0, 5.0])[:, None]}
    assert "rhat" in diagnose(_posterior_of(**apart)).reasons
    still = good | {"a": np.ones((4, 1000))}
    assert not diagnose(_posterior_of(**still)).trusted
    short = {name: value[:, :50] for name, value in good.items()}
    assert {"ess_bulk", "ess_tail"} <= set(diagnose(_posterior_of(**short)).reasons)
    diverged = _posterior_of(**good)
    diverged.tree["sample_stats"]["diverging"][0, 3] = True
    assert diagnose(diverged).reasons == ("divergences",)


def test_thinned_draws_keep_the_parameters_together():
    joint = np.arange(400.0).reshape(4, 100)
    draws = _posterior_of(r=joint, alpha=2 * joint, a=3 * joint, b=4 * joint).draws(25, seed=3)
    assert draws["r"].shape == (25, 1)
    assert (draws["b"] == 4 * draws["r"]).all()
    assert len(np.unique(draws["r"])) == 25


def test_a_file_that_is_no_posterior_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "cut.nc").write_bytes(b"CDF nothing")
    with pytest.raises(DataError, match="must be a posterior saved by this suite"):
        load_posterior(tmp_path / "cut.nc")


def test_fits_refuse_before_anything_is_compiled():
    few = pd.DataFrame({"frequency": [1], "recency": [1.0], "T": [2.0], "n": [3]})
    with pytest.raises(CannotEstimateError, match="at least 50 customers, but the log holds 3"):
        fit_purchases(few, family="bg_nbd")
    with pytest.raises(CannotEstimateError, match="at least 20 customers"):
        fit_spend(few.assign(monetary_value=1.0, mean_log_value=0.0))
    with pytest.raises(SettingsError, match="did you mean alpha"):
        fit_purchases(
            few, family="bg_nbd", settings=ModelSection(priors={"bg_nbd": {"alpa": {"dist": "HalfNormal", "sigma": 1}}})
        )
