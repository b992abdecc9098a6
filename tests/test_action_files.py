"""The files of the action list: what each holds, that they are safe, and that the next run reads what was planned."""

import csv
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pandas as pd
import pytest

from clv_lib.analysis.actions import ActionList
from clv_lib.names import SEGMENTS
from clv_lib.reporting.action_list import COLUMNS, Actions, crm_rows, json_lines, sent_at, told
from clv_lib.reporting.planned_campaigns import planned_campaigns, planned_members, write_as_theirs
from clv_lib.reporting.spreadsheets import write_csv
from clv_lib.reporting.summaries import actions as words
from clv_lib.reporting.summaries.play_words import offer_of
from clv_lib.reporting.wording import plain
from clv_lib.settings import Settings, TableSection
from tests.action_support import AS_OF, company, drawn, plan_for, settings_of, some_plays
from tests.record_support import collecting, settings_for, write
from tests.signs_support import frames

SCHEMA = json.loads((Path(__file__).parents[1] / "docs" / "action_list.schema.json").read_text(encoding="utf-8"))
PLAYS = ("birthday", "replenishment", "after_sales", "win_back", "vip_access")
REGIONS = {"Bali": {"language": "id", "timezone": "Asia/Makassar"}, "Papua": {"timezone": "Asia/Jayapura"}}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return settings_of(actions={"regions": REGIONS})


@pytest.fixture(scope="module")
def found(settings) -> ActionList:
    return drawn(company(5), some_plays(*PLAYS), settings, plan_for(some_plays(*PLAYS), customers=12))


@pytest.fixture(scope="module")
def tables() -> dict:
    made = company(5)
    ids = made["segments"]["customer_id"]
    log = pd.DataFrame(
        {
            "customer_id": [each for each in ids for _ in range(2)],
            "product_id": [f"p{k % 5}" for k in range(2 * len(ids))],
            "ordered_at": pd.Timestamp(AS_OF - timedelta(days=90)),
            "amount": 5.0,
        }
    )
    products = pd.DataFrame({"product_id": [f"p{k}" for k in range(5)], "name": [f"=Tea {k}" for k in range(5)]})
    people = made["customers"].assign(name="Ann", email=[f"{each}@example.org" for each in ids])
    return frames({"transactions": log, "products": products, "customers": people})


@pytest.fixture(scope="module")
def actions(found, tables, settings) -> Actions:
    return told(found, some_plays(*PLAYS), tables, settings=settings, language="en")


def test_every_line_of_json_is_what_the_schema_says(actions):
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    lines = [json.loads(line) for line in json_lines(actions)]
    assert len(lines) == len(actions.listed) > 50
    for line in lines:
        checker.validate(line)
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(lines[0])
    assert SCHEMA["properties"]["segment"]["enum"] == list(SEGMENTS)
    with pytest.raises(jsonschema.ValidationError):
        checker.validate({**lines[0], "consent": "no"})


def test_the_list_for_an_import_holds_those_to_contact_and_nobody_else(actions):
    rows = crm_rows(actions, products=3)
    treated = actions.listed[actions.listed["arm"] == "treated"]
    assert list(rows["external_id"]) == list(treated["customer_id"])
    assert 0 < len(rows) < len(actions.listed)
    assert list(rows["email"]) == [f"{each}@example.org" for each in rows["external_id"]]
    assert set(rows["phone"]) == {""}
    assert {"product_1", "product_2", "product_3"} <= set(rows)


def test_who_is_left_out_is_told_to_be_left_alone(actions):
    control = actions.listed[actions.listed["arm"] == "control"]
    assert len(control)
    assert control["action"].str.startswith("Do nothing").all()
    assert not actions.listed[actions.listed["arm"] == "treated"]["action"].str.startswith("Do nothing").any()


def test_the_language_is_the_customers_then_the_regions_then_the_reports(actions):
    people = company(5)["customers"].set_index("customer_id")
    for row in actions.listed.itertuples():
        own = people.loc[row.customer_id]
        if own["language"]:
            wanted = (own["language"], "customer")
        else:
            wanted = ("id", "region") if own["region"] == "Bali" else ("en", "report")
        assert (row.language, row.language_from) == wanted
    greeting = actions.listed[actions.listed["play"] == "birthday"]
    offer = offer_of(some_plays("birthday")["birthday"])
    for row in greeting.itertuples():
        assert row.offer == offer.text("id" if row.language.startswith("id") else "en")


def test_the_hour_is_that_of_the_customers_own_clock(actions):
    people = company(5)["customers"].set_index("customer_id")
    zones = {"Bali": "+08:00", "Papua": "+09:00", "Elsewhere": "+07:00"}
    for row in actions.listed.itertuples():
        assert row.send_at == f"{row.send_on.isoformat()}T09:00:00{zones[people.at[row.customer_id, 'region']]}"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu"])
def test_no_zone_and_no_change_of_the_clocks_moves_the_day(zone):
    for k in range(366):
        day = date(2024, 1, 1) + timedelta(days=k)
        moment = sent_at(day, 9, zone)
        assert (moment.date(), moment.hour) == (day, 9)
        again = datetime.fromisoformat(moment.isoformat())
        assert again.astimezone(ZoneInfo(zone)).date() == day


def test_an_hour_that_the_clocks_skip_is_the_next_one():
    assert sent_at(date(2024, 3, 10), 2, "America/New_York").isoformat() == "2024-03-10T03:00:00-04:00"


def test_the_files_are_the_same_byte_for_byte(found, tables, settings, tmp_path):
    for number in (1, 2):
        again = told(found, some_plays(*PLAYS), tables, settings=settings, language="en")
        write_csv(again.listed[list(COLUMNS)], tmp_path / f"{number}.csv")
        (tmp_path / f"{number}.jsonl").write_text("\n".join(json_lines(again)))
    for suffix in ("csv", "jsonl"):
        first, second = ((tmp_path / f"{number}.{suffix}").read_bytes() for number in (1, 2))
        assert first == second


def test_a_spreadsheet_runs_nothing_of_it(found, tables, settings, tmp_path):
    rows = found.rows.assign(customer_id=[f"=cmd|{each}" for each in found.rows["customer_id"]])
    hostile = told(replace(found, rows=rows), some_plays(*PLAYS), tables, settings=settings, language="en")
    written = (hostile.listed[list(COLUMNS)], crm_rows(hostile, products=2))
    for number, table in enumerate((*written, planned_members(rows))):
        write_csv(table, tmp_path / f"{number}.csv")
        with (tmp_path / f"{number}.csv").open(encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and not is_number(cell)]
    assert json.loads(next(json_lines(hostile)))["customer_id"].startswith("=cmd"), "programs get ids as they are"


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_what_is_planned_can_be_appended_and_is_read_in_the_next_run(found, tmp_path):
    """To tables with the company's own columns, words, dates and marks."""
    plays = some_plays(*PLAYS)
    plays = {name: play.model_copy(update={"cost_per_contact": 1200.5}) for name, play in plays.items()}
    theirs = {"campaign_id": "kode", "name": "nama", "play": "jenis", "starts_at": "mulai", "ends_at": "sampai"}
    campaigns = TableSection(
        path="kampanye.csv",
        columns={**theirs, "cost_per_contact": "biaya"},
        date_format="%d/%m/%Y",
        delimiter=";",
        decimal=",",
    )
    members = TableSection(
        path="anggota.csv",
        columns={"campaign_id": "kode", "customer_id": "pelanggan", "arm": "kelompok", "assigned_at": "tanggal"},
        values={"arm": {"ya": "treated", "tidak": "control"}},
        date_format="%d/%m/%Y",
    )
    titles = {name: play.title for name, play in plays.items()}
    made = planned_campaigns(found.rows, plays, titles).drop(columns="fixed_cost")
    write_as_theirs(made, tmp_path / "kampanye.csv", campaigns, None)
    write_as_theirs(planned_members(found.rows), tmp_path / "anggota.csv", members, None)
    first = (tmp_path / "kampanye.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == "kode;nama;jenis;mulai;sampai;biaya"
    ids = company(5)["segments"]["customer_id"]
    log = [f"{each},2024-01-05,10" for each in ids]
    write(tmp_path, "log.csv", ["customer_id,ordered_at,amount", *log])
    later = date(2024, 6, 30)
    next_run = settings_for(
        tmp_path, as_of=later, log=TableSection(path="log.csv"), campaigns=campaigns, campaign_members=members
    )
    with collecting(next_run) as record:
        read = {name: record.frames[name].collect("pandas").to_native() for name in ("campaigns", "campaign_members")}
        assert all(not record.reports[name].quarantined.rows for name in read)
    assert set(read["campaigns"]["cost_per_contact"]) == {1200.5}
    joined = read["campaign_members"].merge(found.rows, on=["campaign_id", "customer_id"])
    assert len(joined) == len(found.rows) == len(read["campaign_members"])
    assert (joined["arm_x"] == joined["arm_y"]).all()
    assert (pd.to_datetime(joined["assigned_at"]) == pd.to_datetime(joined["send_on"])).all()


def said(elements, language="en") -> str:
    return " ".join(plain(each.html(language)) for each in elements)


def test_the_page_says_how_many_and_for_whom(actions):
    text = said(words.overview(actions, "IDR"))
    treated = int((actions.listed["arm"] == "treated").sum())
    assert f"The list holds {treated} actions" in text
    assert f"{len(actions.listed) - treated} more who were chosen are left out" in text
    assert "Everybody on the list has agreed" in text
    assert "customers treated" not in said(words.left_out(actions))
    assert "May not be written to" in said(words.left_out(actions))
    assert "campaign_members_planned.csv" in said(words.measured_by(actions, 0.2))


def test_an_empty_list_is_said_plainly(tables, settings):
    plays = some_plays("seasonal")
    nothing = drawn(company(3), plays, settings, plan_for(plays).head(0))
    told_empty = told(nothing, plays, tables, settings=settings, language="en")
    assert "the plan treats nobody" in said(words.overview(told_empty, "IDR"))
    assert words.preview(told_empty, "IDR") == words.left_out(told_empty) == ()
    silent = company(3)
    silent["customers"] = silent["customers"].assign(email_consent=pd.array([False] * 400, dtype="boolean"))
    nobody = told(drawn(silent, plays, settings), plays, tables, settings=settings, language="en")
    assert "none of them may be contacted" in said(words.overview(nobody, "IDR"))
    assert list(json_lines(nobody)) == []
    assert len(crm_rows(nobody, products=3)) == 0


def test_unknown_consent_is_said_on_the_page(tables, settings):
    bare = {name: company(3)[name] for name in ("segments", "summary")}
    plays = some_plays("seasonal")
    listed = told(drawn(bare, plays, settings), plays, tables, settings=settings, language="en")
    assert "whose consent is unknown" in said(words.overview(listed, "IDR"))
    assert set(listed.listed["consent"]) == {"unknown"}
