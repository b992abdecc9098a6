"""How long BG/NBD takes on the whole CDNOW log: pymc-marketing row by row, and the same posterior on cells.

Run as ``python benchmarks/fit_on_cells.py``; takes a few minutes. Both sides use nutpie with the same priors, draws,
chains and seed, one after the other in one process, row by row first (what both share, imports and warm caches,
thus favours neither). Each time includes building and compiling. Peak memory is of the process so far, so the
second figure says how much the second fit added.
"""

import argparse
import resource
import time
from pathlib import Path

import nutpie
import pandas as pd
from pymc_extras.prior import Prior
from pymc_marketing.clv import BetaGeoModel

from clv_lib.models.fitting import diagnose, fit_purchases, sample
from clv_lib.models.posterior import Posterior
from clv_lib.models.priors import DEFAULT_PRIORS
from clv_lib.settings import ModelSection

LOG = Path(__file__).parents[1] / "data" / "cdnow" / "transactions.csv"


def customers() -> pd.DataFrame:
    days = pd.read_csv(LOG, dtype={"id": str}, parse_dates=["date"], date_format="%Y%m%d")[["id", "date"]]
    table = days.drop_duplicates().groupby("id")["date"].agg(["min", "max", "size"])
    end = days["date"].max()
    return pd.DataFrame(
        {
            "customer_id": table.index,
            "frequency": (table["size"] - 1).to_numpy(),
            "recency": ((table["max"] - table["min"]).dt.days / 7).to_numpy(),
            "T": ((end - table["min"]).dt.days / 7).to_numpy(),
        }
    )


def row_by_row(table: pd.DataFrame, settings: ModelSection) -> Posterior:
    model = BetaGeoModel(
        model_config={name: Prior(p.dist, **p.arguments) for name, p in DEFAULT_PRIORS["bg_nbd"].items()}
    )
    model.build_model(table)
    return sample(
        model.model,
        family="bg_nbd",
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        seed=settings.seed,
    )


def on_cells(table: pd.DataFrame, settings: ModelSection) -> Posterior:
    cells = table.groupby(["frequency", "recency", "T"], as_index=False).size().rename(columns={"size": "n"})
    print(f"{len(table):,} customers are {len(cells):,} cells at day resolution")
    return fit_purchases(cells, family="bg_nbd", settings=settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--tune", type=int, default=1000)
    arguments = parser.parse_args()
    settings = ModelSection(draws=arguments.draws, tune=arguments.tune)
    table, seconds = customers(), {}
    print(f"nutpie {nutpie.__version__}; {settings.chains} chains of {settings.tune} + {settings.draws} draws")
    for name, fit in (("row by row", row_by_row), ("on cells", on_cells)):
        began = time.perf_counter()
        posterior = fit(table, settings)
        seconds[name] = time.perf_counter() - began
        found = diagnose(posterior)
        means = ", ".join(f"{key} {value.mean():.4f}" for key, value in posterior.draws().items())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(
            f"{name}: {seconds[name]:.1f} s, peak memory so far {peak:.2f} GB; {means}; "
            f"smallest effective size {found.ess_bulk_min:.0f}, {found.divergences} divergences"
        )
    print(f"ratio: {seconds['row by row'] / seconds['on cells']:.1f}")


if __name__ == "__main__":
    main()
