"""What docs/data.md says of tables, keys and defaults is what the code says."""

import json
import re
from pathlib import Path

import pytest

from clv_lib.data.tables import CONTRACTS
from clv_lib.settings import (
    ActionsSection,
    Play,
    PoliciesSection,
    RegionSection,
    RetentionSection,
    SegmentsSection,
    StagesSection,
    StrategySection,
    TableSection,
    VoiceSection,
)
from clv_lib.settings.churn import ChurnSection, SaveRate
from clv_lib.settings.costs import DEFAULT_DRIVERS, ChannelCosts, CostsSection

DOC = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")


def table(head: str) -> dict[str, list[str]]:
    """Rows below a table's head, by the text of their first cell."""
    body = DOC.split(head, 1)[1].split("\n\n", 1)[0].strip().splitlines()[1:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in body]
    return {first.strip("`"): rest for first, *rest in cells}


def test_every_table_stands_there_with_its_columns():
    found = table("| table | must have | may have |\n")
    assert set(found) == set(CONTRACTS)
    for name, contract in CONTRACTS.items():
        must, may = (re.findall(r"`(\w+)`", cell) for cell in found[name])
        assert must == list(contract.required)
        assert set(may) == set(contract.known) - set(contract.required)


def test_every_policy_stands_there_with_its_default():
    found = table("| key of `[policies]` | default | means |\n")
    assert {name: json.loads(default.strip("`")) for name, (default, _) in found.items()} == {
        name: list(field.default) if isinstance(field.default, tuple) else field.default
        for name, field in PoliciesSection.model_fields.items()
    }


@pytest.mark.parametrize(
    ("head", "keys"),
    [
        ("| key of `[tables.NAME]` | means |\n", set(TableSection.model_fields)),
        ("| key of `[retention]` | means |\n", set(RetentionSection.model_fields)),
        (
            "| key of `[churn]` | means |\n",
            {*ChurnSection.model_fields, *(f"save_rate.{name}" for name in SaveRate.model_fields)},
        ),
        ("| key of `[stages]` | means |\n", set(StagesSection.model_fields)),
        ("| key of `[segments]` | means |\n", set(SegmentsSection.model_fields)),
        ("| key of `[plays.NAME]` | means |\n", set(Play.model_fields)),
        ("| key of `[strategy]` | means |\n", set(StrategySection.model_fields)),
        ("| key of `[voice]` | means |\n", set(VoiceSection.model_fields)),
        (
            "| key of `[actions]` | means |\n",
            {*ActionsSection.model_fields, *(f"regions.NAME.{name}" for name in RegionSection.model_fields)},
        ),
        (
            "| key of `[costs]` | means |\n",
            {*CostsSection.model_fields, *(f"channels.NAME.{name}" for name in ChannelCosts.model_fields)},
        ),
    ],
)
def test_every_key_stands_there_and_means_something(head, keys):
    found = table(head)
    assert set(found) == keys
    assert all(meaning for (meaning,) in found.values())


def test_every_kind_of_cost_stands_there_with_its_drivers():
    found = table("| kind of cost | shared out by (first that the tables know) | what one unit is taken to cost |\n")
    assert {kind: row[0].split(", then ") for kind, row in found.items()} == {
        kind: list(drivers) for kind, drivers in DEFAULT_DRIVERS.items()
    }
