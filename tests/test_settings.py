"""dataset.toml: every fault named with its line, no default taken silently."""

from datetime import date
from pathlib import Path

import pytest

from clv_lib.errors import SettingsError
from clv_lib.settings import load_settings

GOOD = """[dataset]
name = "shop"
currency = "IDR"

[tables.transactions]
path = "log.csv"
"""


def folder_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "dataset.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_shortest_settings_get_every_documented_default(tmp_path):
    settings = load_settings(folder_with(tmp_path, GOOD))
    assert settings.title == "shop"
    assert settings.folder == tmp_path
    assert (settings.dataset.timezone, settings.engine.kind, settings.policies.zero_amounts) == (
        "UTC",
        "duckdb",
        "exclude",
    )
    assert load_settings(tmp_path / "dataset.toml") == settings


def test_an_unknown_key_is_refused_with_its_line_and_a_suggestion(tmp_path):
    text = GOOD + "\n[economics]\ngros_margin = 0.4\n"
    with pytest.raises(
        SettingsError, match=r"line 9: economics.gros_margin is not a key we know; did you mean gross_m"
    ):
        load_settings(folder_with(tmp_path, text))


def test_all_faults_are_named_at_once(tmp_path):
    text = GOOD.replace('"IDR"', '"rupiah"') + "\n[economics]\ngross_margin = 1.4\nhorizon_months = 0\n"
    with pytest.raises(SettingsError, match=r"it has 3 fault\(s\)") as caught:
        load_settings(folder_with(tmp_path, text))
    for part in ("line 3: dataset.currency = 'rupiah'", "line 9: economics.gross_margin = 1.4", "line 10: "):
        assert part in str(caught.value)


@pytest.mark.parametrize("zone", ["Asia/Jakrta", "Mars/Olympus"])
def test_an_unknown_time_zone_is_refused(tmp_path, zone):
    text = GOOD.replace('currency = "IDR"', f'currency = "IDR"\ntimezone = "{zone}"')
    with pytest.raises(SettingsError, match="is not a time zone"):
        load_settings(folder_with(tmp_path, text))


def test_broken_toml_names_the_file_and_the_line(tmp_path):
    with pytest.raises(SettingsError, match=r"dataset\.toml must be TOML in UTF-8.*line 2"):
        load_settings(folder_with(tmp_path, "[dataset]\nname = shop\n"))


def test_a_folder_without_settings_points_to_clv_init(tmp_path):
    with pytest.raises(SettingsError, match="clv init"):
        load_settings(tmp_path)


def test_overrides_are_read_as_toml_values_and_checked_like_the_file(tmp_path):
    folder = folder_with(tmp_path, GOOD)
    settings = load_settings(
        folder,
        overrides=["economics.gross_margin=0.4", "model.purchase=bg_nbd", 'report.languages=["id"]'],
        as_of="2024-06-30",
    )
    assert settings.economics.gross_margin == 0.4
    assert settings.model.purchase == "bg_nbd"
    assert settings.report.languages == ("id",)
    assert settings.dataset.as_of == date(2024, 6, 30)
    for wrong, match in (
        ("gross_margin", "must read section.key=value"),
        ("gross_margin=1", "must read section.key=value"),
        ("economics.gross_margin=2", "economics.gross_margin = 2"),
        ("economics.margin=0.2", "did you mean gross_margin"),
        ("dataset.name.x=1", "which is a value and not a section"),
    ):
        with pytest.raises(SettingsError, match=match):
            load_settings(folder, overrides=[wrong])


def test_as_of_that_is_no_day_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="as_of"):
        load_settings(folder_with(tmp_path, GOOD), as_of="2024-02-30")


def test_the_drivers_of_costs_have_defaults_that_single_kinds_replace(tmp_path):
    text = (
        GOOD
        + """
[costs]
drivers = { service = "contacts", goods = ["units", "revenue"] }
onboarding_delay_months = 2
[costs.channels."out of home"]
acquisition_share = 0.8
spread_months = 3
"""
    )
    costs = load_settings(folder_with(tmp_path, text)).costs
    assert costs.drivers_of("service") == ("contacts",)
    assert costs.drivers_of("goods") == ("units", "revenue")
    assert costs.drivers_of("fulfilment") == ("orders",)
    assert (costs.channel("out of home").spread_months, costs.channel("tv").acquisition_share) == (3, 0.0)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ('[costs]\ndrivers = { service = "calls" }', "costs.drivers.service"),
        ("[costs.channels.tv]\nspred_months = 2", "did you mean spread_months"),
        ("[costs]\nactive_months = 2", "did you mean active_months_after_purchase"),
        ("[economics.cac]\ntv = -1", "economics.cac.tv"),
    ],
)
def test_a_fault_in_the_costs_is_named(tmp_path, extra, message):
    with pytest.raises(SettingsError, match=message):
        load_settings(folder_with(tmp_path, f"{GOOD}\n{extra}\n"))


def test_customers_are_under_no_contract_unless_the_settings_say_so(tmp_path):
    assert not load_settings(folder_with(tmp_path, GOOD)).contractual
    contracts = GOOD.replace('currency = "IDR"', 'currency = "IDR"\nsetting = "contractual"')
    text = contracts + '\n[tables.subscriptions]\npath = "contracts.csv"\n'
    assert load_settings(folder_with(tmp_path, text)).contractual


def test_contracts_without_a_table_of_them_are_refused_with_both_ways_out(tmp_path):
    text = GOOD.replace('currency = "IDR"', 'currency = "IDR"\nsetting = "contractual"')
    with pytest.raises(SettingsError) as caught:
        load_settings(folder_with(tmp_path, text))
    for part in ("there is no [tables.subscriptions]", "started_at and ended_at", "set dataset.setting to 'noncontr"):
        assert part in str(caught.value)
