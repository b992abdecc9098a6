"""``dataset.toml`` read into one frozen, validated object.

Every key has a meaning, a unit and a default here; an unknown key is an error with a suggestion, because a
misspelt assumption would otherwise be silently replaced by the default.
"""

from clv_lib.settings.actions import ActionsSection, RegionSection
from clv_lib.settings.churn import ChurnSection, SaveRate
from clv_lib.settings.costs import ChannelCosts, CostsSection
from clv_lib.settings.loading import SETTINGS_FILE, Settings, load_settings
from clv_lib.settings.plays import Play
from clv_lib.settings.policies import PoliciesSection
from clv_lib.settings.retention import RetentionSection
from clv_lib.settings.sections import (
    DatasetSection,
    EconomicsSection,
    EngineSection,
    ModelSection,
    PriorSpec,
    ReportSection,
)
from clv_lib.settings.segments import SegmentsSection
from clv_lib.settings.stages import StagesSection
from clv_lib.settings.strategy import StrategySection
from clv_lib.settings.tables import TableSection, TablesSection
from clv_lib.settings.voice import VoiceSection

__all__ = [
    "SETTINGS_FILE",
    "ActionsSection",
    "ChannelCosts",
    "ChurnSection",
    "CostsSection",
    "DatasetSection",
    "EconomicsSection",
    "EngineSection",
    "ModelSection",
    "Play",
    "PoliciesSection",
    "PriorSpec",
    "RegionSection",
    "ReportSection",
    "RetentionSection",
    "SaveRate",
    "SegmentsSection",
    "Settings",
    "StagesSection",
    "StrategySection",
    "TableSection",
    "TablesSection",
    "VoiceSection",
    "load_settings",
]
