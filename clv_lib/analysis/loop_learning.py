"""What a company that plays rounds learns from them: its campaigns and their arms, counted and modelled as on the pages."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.strategy import Beliefs
from clv_lib.data.customers import purchase_days
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.experiments import Experiments, experiments
from clv_lib.data.keeping import kept
from clv_lib.data.simulate.rounds import Company
from clv_lib.data.stage_rules import stage_rules
from clv_lib.data.stages import stretches
from clv_lib.models.quick_uplift import quick_uplift
from clv_lib.models.uplift import fit_uplift, prior_uplift
from clv_lib.settings import ModelSection, Play, StagesSection

DRAWS: Final = 400
SAMPLER: Final = ModelSection(draws=200, tune=300, chains=2)


class Measuring:
    """Believes the library until a round is measured, then what the campaigns with a control group say.

    Parameters
    ----------
    plays : mapping of str to Play
    sampler : ModelSection, optional
        With it the sampler runs, as on the pages; without it the normal approximation does.
    """

    def __init__(self, plays: Mapping[str, Play], *, sampler: ModelSection | None = None) -> None:
        self.plays, self.sampler = plays, sampler

    def __call__(self, company: Company, number: int) -> Beliefs:
        """Beliefs before a round."""
        seed = company.world.seed * 1_000 + number
        if not len(company.members):
            return prior_uplift(self.plays, size=DRAWS, seed=seed)
        found = measured(company, self.plays, company.world.calendar.begins(number))
        if self.sampler is None:
            return quick_uplift(found, self.plays, size=DRAWS, seed=seed)
        return fit_uplift(found, self.plays, size=DRAWS, seed=seed, settings=self.sampler)


class Believing:
    """Believes the library whatever happens."""

    def __init__(self, plays: Mapping[str, Play]) -> None:
        self.plays = plays

    def __call__(self, company: Company, number: int) -> Beliefs:
        """Beliefs before a round: the same as ever."""
        return prior_uplift(self.plays, size=DRAWS, seed=company.world.seed)


def measured(company: Company, plays: Mapping[str, Play], moment: int) -> Experiments:
    """Count the rounds so far, as seen on the evening before a moment."""
    end = company.world.calendar.day(moment - 1)
    with DuckDBEngine() as engine:
        record = {name: kept(engine.lend(table)) for name, table in tables(company, moment).items()}
        log = record["transactions"]
        rules = stage_rules(StagesSection(), kept(purchase_days(log)))
        return experiments(record, plays, kept(stretches(log, rules=rules, end=end)), end=end)


def tables(company: Company, moment: int) -> dict[str, pd.DataFrame]:
    """The log, the campaigns and their members, as the company exports them: one campaign for each play and round."""
    world, members = company.world, company.members
    starts = np.array([world.calendar.begins(number) for number in range(world.calendar.rounds)])
    ids = members["play"].str.cat(members["round"].astype(str), sep="-")
    begins = starts[members["round"].to_numpy()]
    rows = pd.DataFrame(
        {
            "campaign_id": ids,
            "customer_id": pd.Series(world.ids[members["person"].to_numpy()], dtype="str"),
            "arm": np.where(members["treated"], "treated", "control"),
            "assigned_at": world.season.window.dates(begins - 1).to_numpy(),
        }
    )
    campaigns = pd.DataFrame(
        {"campaign_id": ids, "play": members["play"], "starts_at": world.season.window.dates(begins).to_numpy()}
    )
    return {
        "transactions": company.transactions(moment),
        "campaigns": campaigns.drop_duplicates("campaign_id", ignore_index=True),
        "campaign_members": rows,
    }
