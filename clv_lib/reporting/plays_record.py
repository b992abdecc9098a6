"""The plays of one run: which there are, what past campaigns showed, and what is believed of each now."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from clv_lib.analysis.plays import PlayCosts, known_of, plays_of
from clv_lib.analysis.uplift import believed, measured, past_campaigns
from clv_lib.data.campaign_list import campaign_costs
from clv_lib.data.customers import Frame
from clv_lib.data.experiments import Experiments
from clv_lib.models.posterior import Diagnostics, diagnose
from clv_lib.models.uplift import Uplift, fit_uplift
from clv_lib.reporting.churn_record import contact_cost
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.study import Study
from clv_lib.settings import Play

BELIEFS = "play_beliefs"
MEASURED = "play_measurements"
PAST = "play_campaigns"


@dataclass(frozen=True)
class PlayBeliefs:
    """What is known of the plays.

    Attributes
    ----------
    plays : dict of str to Play
        Those that may be chosen.
    out : dict of str to Play
        Those that are enabled and need what is not known of customers.
    campaigns : Experiments
    costs : PlayCosts
    uplift : Uplift
    table : DataFrame
        From :func:`~clv_lib.analysis.uplift.believed`.
    measured : DataFrame
        From :func:`~clv_lib.analysis.uplift.measured`.
    check : Diagnostics or None
        Of the sampler; None where nothing was measured.
    """

    plays: dict[str, Play]
    out: dict[str, Play]
    campaigns: Experiments
    costs: PlayCosts
    uplift: Uplift
    table: pd.DataFrame
    measured: pd.DataFrame
    check: Diagnostics | None

    @property
    def checks(self) -> tuple[Diagnostics, ...]:
        """For :meth:`~clv_lib.reporting.study.Study.trust`."""
        return () if self.check is None else (self.check,)


def learn_plays(study: Study, record: Mapping[str, Frame]) -> PlayBeliefs:
    """Find the plays, count their campaigns, and learn what they do."""
    settings = study.settings
    known = known_of(record)
    every = plays_of(settings)
    costs = PlayCosts(*campaign_costs(record, every), otherwise=contact_cost(study, record)[0])
    plays = plays_of(settings, known=known, costs=costs)
    found = past_campaigns(record, plays, settings, end=study.log().window.end)
    uplift = fit_uplift(found, plays, size=study.draws, seed=study.seed, settings=study.model)
    return PlayBeliefs(
        plays,
        {name: play for name, play in every.items() if name not in plays},
        found,
        costs,
        uplift,
        believed(uplift, seed=study.seed),
        measured(uplift, found),
        None if uplift.posterior is None else diagnose(uplift.posterior),
    )


def save_plays(study: Study, found: PlayBeliefs) -> None:
    """Leave what is believed, what was measured, and the list of campaigns."""
    settings = study.settings
    said = pd.DataFrame(
        [
            (play.channel, play.effect_days, play.cost_per_contact, play.fixed_cost, play.discount, play.reason)
            for play in found.plays.values()
        ],
        columns=["channel", "effect_days", "cost_per_contact", "fixed_cost", "discount", "reason"],
    )
    study.folder.write_table(BELIEFS, pd.concat([found.table.reset_index(drop=True), said], axis=1))
    study.folder.write_table(MEASURED, found.measured)
    listed = found.campaigns.campaigns
    if len(listed):
        listed = listed.assign(starts_at=pd.to_datetime(listed["starts_at"]), play=listed["play"].fillna(""))
    study.folder.write_table(PAST, listed.assign(setting=settings.dataset.setting))


def play_figures(found: PlayBeliefs) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    number = len(found.uplift.members)
    return [
        KeyFigure("plays_to_choose_from", float(len(found.plays)), unit="plays"),
        KeyFigure("plays_measured", float(number), unit="plays"),
    ]
