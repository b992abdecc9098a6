"""The model of :mod:`clv_lib.models.uplift` for the sampler: compiled once per size, fitted to any campaigns."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
import nutpie
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from clv_lib.models.fitting import nuts
from clv_lib.models.uplift import BETWEEN, SIDE_SD, prior_middle
from clv_lib.names import EVIDENCE_GROUPS
from clv_lib.settings import ModelSection, Play

LEVEL_SD: Final = 1.5  # of the log level of a campaign and group around that of all
SPEND_SD: Final = 1.0
SHAPE: Final = (np.log(0.7), 1.0)  # of the log shape: most buyers differ a lot
WIDTH: Final = (np.log(0.6), 0.5)  # of the log spread of mean values between buyers
SHARP: Final = 20.0  # of the bend that keeps a probability below 1
LEAST_DRAWS: Final = 1000  # per chain, and of tuning: a draw takes less than a millisecond
TARGET_ACCEPT: Final = 0.85  # little is correlated here: half the steps of 0.95, and no divergence seen at 0.8
_PAD: Final = 48  # room for levels comes in such steps, so that datasets of like size share one compiled model


def sampled(
    counts: pd.DataFrame,
    spend: pd.DataFrame,
    plays: Mapping[str, Play],
    *,
    seed: int,
    settings: ModelSection,
    cores: int | None,
) -> xr.DataTree:
    """Sample; the posterior holds ``change`` (play, group), ``side`` (play), ``ratio``, ``shape`` and ``width``."""
    data, levels, spend_levels = model_data(counts, spend, plays)
    compiled = _compiled(len(plays), levels, spend_levels).with_data(**data)
    tree = nuts(
        compiled,
        draws=max(settings.draws, LEAST_DRAWS),
        tune=max(settings.tune, LEAST_DRAWS),
        chains=settings.chains,
        seed=seed,
        cores=cores,
        adaptation="diag",
        target_accept=TARGET_ACCEPT,
    )
    kept = tree["posterior"].to_dataset()[["change", "side", "ratio", "shape", "width"]]
    return xr.DataTree.from_dict({"posterior": kept, "sample_stats": tree["sample_stats"].to_dataset()})


def model_data(
    counts: pd.DataFrame, spend: pd.DataFrame, plays: Mapping[str, Play]
) -> tuple[dict[str, np.ndarray], int, int]:
    """Arrays of the model, and how many levels of counts and of spend it has room for."""
    names = list(plays)
    moves = np.array([play.moves for play in plays.values()])
    stays = counts["play"].map(dict(zip(names, moves == "stay", strict=True))).to_numpy(dtype=bool)
    level, levels = _levels(counts)
    spend_level, spend_levels = _levels(spend)
    silent = (counts["orders"] == 0) & stays
    left = counts.assign(level=level, left=np.where(silent, counts["n"], 0))[stays]
    left = left.groupby(["level", "play", "group", "treated"], as_index=False)[["left", "n"]].sum()
    bought = counts.assign(level=level)[~stays]
    orders = float((bought["orders"] * bought["n"]).sum())
    lost = float(left["left"].sum())
    data: dict[str, Any] = {
        "middle": np.array([prior_middle(play) for play in plays.values()]),
        "unsure": np.array([play.effect_sd for play in plays.values()]),
        "basket": (moves == "basket").astype(float),
        "typical": np.asarray(np.log((orders + 0.5) / (bought["n"].sum() + 1.0))),
        "typical_odds": np.asarray(np.log((lost + 0.5) / (left["n"].sum() - lost + 0.5))),
        "typical_spend": np.asarray(spend["total"].sum() / max(spend["n"].sum(), 1)),
    }
    data |= _rows("b", bought, names) | {"orders": _floats(bought, "orders"), "n": _floats(bought, "n")}
    data |= _rows("l", left, names) | {"left": _floats(left, "left"), "of": _floats(left, "n")}
    spend = spend.assign(level=spend_level)
    data |= _rows("s", spend, names)
    n = spend["n"].to_numpy(dtype=float)
    mean = spend["total"].to_numpy(dtype=float) / np.maximum(n, 1)
    within = np.maximum(spend["squares"].to_numpy(dtype=float) - n * mean**2, 0.0)
    data |= {"buyers": _padded(n), "mean_log": _padded(mean), "within": _padded(within)}
    return data, levels, spend_levels


def _levels(table: pd.DataFrame) -> tuple[np.ndarray, int]:
    """Number of the campaign and group of each row, and the room for them."""
    number = table.groupby(["campaign_id", "group"], sort=True).ngroup().to_numpy()
    count = int(number.max()) + 1 if len(number) else 1
    return number, -(-count // _PAD) * _PAD


def _rows(mark: str, table: pd.DataFrame, names: list[str]) -> dict[str, np.ndarray]:
    """Indices of each row; a row of nobody stands for none, as a model needs one."""
    play = table["play"].map({name: number for number, name in enumerate(names)})
    group = table["group"].map({name: number for number, name in enumerate(EVIDENCE_GROUPS)})
    found = {"level": table["level"], "play": play, "group": group, "treated": table["treated"]}
    return {f"{mark}_{name}": _padded(np.asarray(each, dtype=np.int64)) for name, each in found.items()}


def _floats(table: pd.DataFrame, column: str) -> np.ndarray:
    return _padded(table[column].to_numpy(dtype=float))


def _padded(values: np.ndarray) -> np.ndarray:
    return values if len(values) else np.zeros(1, dtype=values.dtype)


@lru_cache(maxsize=8)
def _compiled(plays: int, levels: int, spend_levels: int) -> Any:
    return nutpie.compile_pymc_model(uplift_model(plays, levels, spend_levels))


def uplift_model(plays: int, levels: int, spend_levels: int) -> pm.Model:
    """The model with room for so many plays and levels, and a row of nobody in each table."""
    with pm.Model() as model:
        row = {
            f"{mark}_{name}": pm.Data(f"{mark}_{name}", np.zeros(1, dtype=np.int64))
            for mark in "bls"
            for name in ("level", "play", "group", "treated")
        }
        number = {
            name: pm.Data(name, np.zeros(1)) for name in ("orders", "n", "left", "of", "buyers", "mean_log", "within")
        }
        middle, unsure = pm.Data("middle", np.zeros(plays)), pm.Data("unsure", np.ones(plays))
        basket = pm.Data("basket", np.zeros(plays))
        typical, odds, worth = (pm.Data(name, 0.0) for name in ("typical", "typical_odds", "typical_spend"))
        ratio = pm.LogNormal("ratio", *BETWEEN)
        common = pm.Normal("common", 0.0, 1.0, shape=plays)
        own = pm.Normal("own", 0.0, 1.0, shape=(plays, len(EVIDENCE_GROUPS)))
        change = pm.Deterministic("change", middle[:, None] + unsure[:, None] * (common[:, None] + ratio * own))
        side = pm.Normal("side", 0.0, SIDE_SD, shape=plays)
        level = pm.Normal("level", 0.0, LEVEL_SD, shape=levels)
        spend_level = pm.Normal("spend_level", 0.0, SPEND_SD, shape=spend_levels)
        log_shape = pm.Normal("log_shape", *SHAPE, shape=len(EVIDENCE_GROUPS))
        shape = pm.Deterministic("shape", pt.exp(log_shape))
        width = pm.LogNormal("width", *WIDTH)
        moved = basket[:, None] * side[:, None] + (1 - basket[:, None]) * change
        spent = basket[:, None] * change + (1 - basket[:, None]) * side[:, None]

        at = {mark: {name: row[f"{mark}_{name}"] for name in ("level", "play", "group", "treated")} for mark in "bls"}
        log_mean = typical + level[at["b"]["level"]] + at["b"]["treated"] * moved[at["b"]["play"], at["b"]["group"]]
        bought = _negative_binomial(number["orders"], log_mean, shape[at["b"]["group"]])
        saved = at["l"]["treated"] * change[at["l"]["play"], at["l"]["group"]]
        log_left = _below_one(-pt.softplus(-(odds + level[at["l"]["level"]])) - saved)
        gone = number["left"] * log_left + (number["of"] - number["left"]) * pt.log1mexp(log_left)
        expected = worth + spend_level[at["s"]["level"]]
        expected = expected + at["s"]["treated"] * spent[at["s"]["play"], at["s"]["group"]]
        miss = number["within"] + number["buyers"] * (number["mean_log"] - expected) ** 2
        paid = -number["buyers"] * pt.log(width) - miss / (2 * width**2)
        pm.Potential("log_likelihood", (number["n"] * bought).sum() + gone.sum() + paid.sum())
    return model


def _negative_binomial(k: Any, log_mean: Any, shape: Any) -> Any:
    """Log probability of k purchase days, up to what does not depend on the parameters."""
    log_total = pt.log(shape + pt.exp(log_mean))
    return pt.gammaln(k + shape) - pt.gammaln(shape) + shape * (pt.log(shape) - log_total) + k * (log_mean - log_total)


def _below_one(log_probability: Any) -> Any:
    """The log probability itself, bent where it comes near 0 so that it stays below."""
    return -pt.softplus(-SHARP * log_probability) / SHARP
