"""The posterior of the page on value, for pages that ask it about groups: stages, segments, months."""

from typing import cast

import narwhals as nw
import pandas as pd

from clv_lib.analysis.economics import economics_from
from clv_lib.analysis.group_value import ValueModel
from clv_lib.analysis.new_customers import new_customer_draws
from clv_lib.data.customers import Frame, collected
from clv_lib.models.posterior import load_posterior
from clv_lib.names import CUSTOMER_ID, FREQUENCY, RECENCY, SPEND_BIN, N, PurchaseFamily, T
from clv_lib.reporting.known import known_costs
from clv_lib.reporting.study import Study

CELL_KEYS = (FREQUENCY, RECENCY, T, SPEND_BIN)
FILES = ("purchases.nc", "spend.nc", "customer_values.parquet", "valuation_cells.parquet")


def value_model(study: Study, *, draws: int | None = None) -> ValueModel | None:
    """Read what the page on value has left, with the very draws that it used; None where it refused.

    Parameters
    ----------
    study : Study
    draws : int, optional
        Fewer than the page used, for what is looked at often.
    """
    if not all(study.folder.has(file) for file in FILES):
        return None
    purchases, spend = (load_posterior(study.folder.where(file)) for file in FILES[:2])
    one = purchases.draws(study.draws, study.seed), spend.draws(study.draws, study.seed)
    family = cast(PurchaseFamily, purchases.family)
    known, economics = known_costs(study), economics_from(study.settings.economics)
    newcomer = new_customer_draws(
        *one,
        family=family,
        economics=economics,
        seed=study.seed,
        unit_costs=known.unit_costs,
        first_value=study.log().mean_first_value,
    )
    model = ValueModel(*one, family, economics, known.unit_costs, known.referrals(newcomer))
    return model if draws is None else model.thinned(draws)


def cells_of(groups: Frame, customers: Frame, cells: pd.DataFrame, *, by: list[str]) -> pd.DataFrame:
    """Count the customers of each group in each cell, in the engine.

    Parameters
    ----------
    groups : narwhals.LazyFrame
        customer_id, and the columns ``by`` that name the group.
    customers : narwhals.LazyFrame
        customer_id, frequency, recency, T, spend_bin; of the same engine. Who is not among them counts nowhere.
    cells : DataFrame
        Valuation cells, for the mean spend of each.
    by : list of str

    Returns
    -------
    DataFrame
        ``by``, frequency, recency, T, spend_bin, monetary_value, n.
    """
    keys = [*by, *CELL_KEYS]
    own = customers.select(CUSTOMER_ID, *CELL_KEYS)
    joined = groups.select(CUSTOMER_ID, *by).join(own, on=CUSTOMER_ID, how="inner")
    counted = collected(joined.group_by(*keys).agg(nw.len().alias(N)))
    found = counted.merge(cells.drop(columns=N), on=list(CELL_KEYS), how="left", validate="many_to_one")
    return found.sort_values(keys, ignore_index=True).astype({N: "int64"})
