"""The account of every source in words: each code can be said, text and table agree, and values from data are inert."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from clv_lib.data.checks import CHECKS, Check
from clv_lib.data.quality import Inferred, Issue, Place, QualityReport, Source, Tally
from clv_lib.data.reasons import REASONS
from clv_lib.data.record_reasons import RECORD_REASONS
from clv_lib.data.table_report import TableIssue, TableReport
from clv_lib.data.tables import CONTRACTS
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Paragraph, Table
from clv_lib.reporting.summaries import checks as check_words
from clv_lib.reporting.summaries import data, data_page, facts
from clv_lib.reporting.summaries import record as words
from clv_lib.reporting.summaries.columns import COLUMNS, column_name
from clv_lib.reporting.summaries.effects import CHECK_EFFECTS, LOG_EFFECTS, RECORD_EFFECTS
from clv_lib.reporting.wording import LANGUAGES
from tests.record_support import collecting, settings_for, write

HOSTILE = "<script>alert(1)</script> {0} {column} %s"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
VALUES = {  # what a check may carry, as the checks write it
    **{"merges": 5, "column": "customer_id", "share": 0.25, "days": 30, "marks": HOSTILE, "campaign": HOSTILE},
    **{"reported": 12.5, "difference": -2.5, "first": "2024-01-01", "last": "2024-06-30", "pool": HOSTILE, "sum": 0.9},
    **{"products": 3},
}


def tally(rows: int, money: int = 0) -> Tally:
    return Tally(rows, Decimal(money))


def table_report(table: str = "feedback", **changes) -> TableReport:
    plain = {
        **{"table": table, "currency": "USD", "sources": (Source(f"{table}.csv", 100),), "read": tally(100)},
        **{"accepted": tally(90), "repaired": tally(4), "quarantined": tally(6), "money_column": None},
        **{"day_column": None, "first_day": None, "last_day": None, "customers": 10, "columns": {}, "unused": ()},
        **{"missing": {}, "inferred": (), "issues": ()},
    }
    return TableReport(**{**plain, **changes})


def log_report(**changes) -> QualityReport:
    plain = {
        **{"table": "transactions", "currency": "USD", "sources": (Source("log.csv", 50),), "read": tally(50, 500)},
        **{"accepted": tally(48, 480), "repaired": tally(0), "quarantined": tally(2, 20), "customers": 20},
        **{"first_day": date(2024, 1, 1), "last_day": date(2024, 6, 30), "as_of": date(2024, 6, 30), "columns": {}},
        **{"missing": {}, "inferred": (), "issues": (), "fingerprint": ""},
    }
    return QualityReport(**{**plain, **changes})


def issue(code: str, column: str = "score", value: str = "", rows: int = 3) -> TableIssue:
    places = (Place("feedback.csv", 7, value),)
    return TableIssue(code, RECORD_REASONS[code][0], rows, Decimal(0), places, column=column)


def said(elements) -> dict[str, str]:
    return {language: "".join(each.html(language) for each in elements) for language in LANGUAGES}


def rows_in(element: Table) -> list[list[str]]:
    return [[cell.text("en") for cell in row] for row in element.rows]


def test_every_code_has_words_and_an_effect():
    assert set(words.RECORD_ISSUES) == set(RECORD_EFFECTS) == set(RECORD_REASONS)
    assert set(check_words.CHECKS) == set(CHECK_EFFECTS) == set(CHECKS)
    assert set(LOG_EFFECTS) == set(REASONS) <= set(data.ISSUES)
    assert set(words.DONE) == {kind for kind, _ in [*REASONS.values(), *RECORD_REASONS.values()]}


def test_every_column_of_every_table_has_a_name_for_people():
    known = {name for contract in CONTRACTS.values() for name in contract.known}
    assert known <= set(COLUMNS)
    assert column_name("pool+segment").text("en") == "cost pool and segment"
    assert column_name("shoe size").text("en") == "shoe size"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", RECORD_REASONS)
def test_every_reason_of_a_table_can_be_said(code, language):
    """A reason whose place is not filled fails here."""
    sentence = words.issue_sentence(issue(code, column="pool+segment")).text(language)
    assert "{" not in sentence
    names_it = "{column}" in RECORD_REASONS[code][1] and code != "off_scale"  # which is of scores alone
    assert names_it == (column_name("pool+segment").text(language) in sentence)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rows", [1, 1234])
@pytest.mark.parametrize("code", CHECKS)
def test_every_check_can_be_said(code, rows, language):
    found = Check(code, "costs", CHECKS[code][0], rows, Decimal("99.5"), values=VALUES)
    sentence = check_words.check_sentence(found, "USD")
    assert ESCAPED not in sentence.text(language)
    assert "<script>" not in sentence.html(language)
    single = code in ("spend_differs", "pool_not_whole", "merge_chains")
    assert single or sentence.values["n"].text(language) in sentence.text(language)


def test_what_the_page_says_of_sources_is_what_its_table_holds():
    others = {
        "customers": table_report("customers"),
        "costs": table_report("costs", money_column="amount", read=tally(100, 700), quarantined=tally(6, 70)),
        "subscriptions": table_report("subscriptions", money_column="price", read=tally(100, 9)),
    }
    text, table = words.sources(log_report(), others)
    rows = rows_in(table)
    assert [row[0] for row in rows] == ["purchases", "customer file", "cost ledger", "subscriptions"]
    assert sum(int(row[1]) for row in rows) == 350
    assert sum(int(row[4]) for row in rows) == 20
    assert text.sentences[0].text("en") == "4 sources were read, with 350 rows in all; 20 of them were set aside."
    assert rows[2][5:] == ["$700", "$70.00"]
    assert rows[3][5:] == ["–", "–"], "a sum of prices is no money that anybody paid"
    assert [int(a) + int(b) + int(c) for _, _, a, b, c, *_ in rows] == [int(row[1]) for row in rows]


def test_a_dataset_of_purchases_alone_says_nothing_of_others():
    text, table = words.sources(log_report(), {})
    assert text.sentences[0].text("en") == "1 source was read, the purchases, with 50 rows; 2 of them were set aside."
    assert len(table.rows) == 1
    (only,) = words.issues({})
    assert isinstance(only, Paragraph)
    (nothing,) = check_words.cross_checks((), "USD")
    assert isinstance(nothing, Paragraph)
    assert data_page.answer(log_report(), {}).sentences[0].text("en").startswith("1 source tells us of 20 customers")


def test_only_sources_with_a_finding_get_a_table_and_the_others_are_counted():
    found = {
        "feedback": table_report(issues=(issue("off_scale", value="11"), issue("duplicate"))),
        "costs": table_report("costs"),
        "referrals": table_report("referrals"),
    }
    table, rest = words.issues(found)
    assert len(table.rows) == 2
    assert rows_in(table)[0][0] == (
        "has a score that is not on the scale of its question (first: feedback.csv, line 7: 11)"
    )
    assert "Set aside." in rows_in(table)[0][1]
    assert rest.sentences[0].text("en").startswith("In 2 of the other sources")


def test_long_lists_are_cut_and_the_cut_is_said():
    many = tuple(issue("emptied", column=f"c{k}", rows=2) for k in range(words.MOST_SHOWN + 3))
    table, note = words.issues({"customers": table_report("customers", issues=many)})
    assert len(table.rows) == words.MOST_SHOWN
    assert note.sentences[0].text("en") == "3 more kinds of problems in this source, of 6 rows, are not listed."
    spends = [
        Check("spend_differs", "campaigns", "note", 1, Decimal(k), values={"campaign": f"m{k}", "reported": 0.0})
        for k in range(check_words.MOST_OF_A_KIND + 2)
    ]
    table, note = check_words.cross_checks(spends, "USD")
    assert len(table.rows) == check_words.MOST_OF_A_KIND
    assert note.sentences[0].text("en").startswith("2 more findings")


def test_a_check_that_its_table_tells_or_that_found_nothing_is_not_repeated():
    told = Check("referred_twice", "referrals", "policy", 4)
    empty = Check("merge_chains", "merges", "note", 0, values={"merges": 0})
    (only,) = check_words.cross_checks([told, empty], "USD")
    assert isinstance(only, Paragraph)


def test_hostile_values_are_inert():
    report = table_report(
        issues=(
            TableIssue("unknown_word", "fault", 1, Decimal(0), (Place(HOSTILE, 3, HOSTILE),), column="arm"),
            TableIssue("emptied", "repair", 1, Decimal(0), (Place(HOSTILE, 3, "x" * 9_000),), column=HOSTILE),
        ),
        inferred=(Inferred("date_format", f"column '{HOSTILE}' of {HOSTILE}", "%d/%m/%Y", 9),),
    )
    checks = [Check("pool_without_shares", "costs", "note", 2, values={"pool": HOSTILE})]
    log = log_report(issues=(Issue("zero_amount", "policy", 1, Decimal(0), (Place(HOSTILE, 2, HOSTILE),)),))
    elements = [
        *words.issues({"feedback": report}),
        words.log_issues(log),
        *check_words.cross_checks(checks, "USD"),
        facts.inferred(report.inferred),
    ]
    for html in said(elements).values():
        assert "<script" not in html
        assert html.count(ESCAPED) >= 5
        assert "{0} {column} %s" in html, "the text itself is shown as it is"
        assert "x" * (words.LONGEST_VALUE + 1) not in html


def test_a_gap_in_a_column_that_matters_is_told_with_its_share():
    others = {
        "customers": table_report("customers", missing={"acquisition_channel": 47, "birth_date": 90, "region": 5}),
        "subscriptions": table_report("subscriptions", missing={"ended_at": 50, "price": 0}),
    }
    table = words.missing(log_report(missing={"channel": 12}), others)
    assert [row[0] for row in rows_in(table)] == ["channel (purchases)", "channel of acquisition (customer file)"]
    assert [row[2:] for row in rows_in(table)] == [["12", "25.0\xa0%"], ["47", "50.0\xa0%"]]
    assert isinstance(words.missing(log_report(), {}), Paragraph)
    assert {table for table, _ in words.MATTERS} <= set(CONTRACTS)
    assert all(column in CONTRACTS[table].known for table, column in words.MATTERS)


def test_guesses_that_say_the_same_stand_in_one_line():
    same = [Inferred("date_format", f"column 'd{k}' of t{k}.csv", "%d/%m/%Y", 10) for k in range(5)]
    table = facts.inferred([*same, Inferred("number_format", "column 'a' of t.csv", "decimal ',', thousands '.'", 3)])
    assert rows_in(table) == [
        [
            "how dates are written",
            "as in 31/12/2024",
            "column d0 of t0.csv, column d1 of t1.csv, column d2 of t2.csv and 2 more",
            "50",
        ],
        ["how numbers are written", "as in 1.234,5", "column a of t.csv", "3"],
    ]
    assert not facts.doubtful(same)
    assert facts.doubtful([Inferred("time_zone", "x", "UTC", 1)])


def test_the_first_screen_counts_all_sources():
    others = {"feedback": table_report(inferred=(Inferred("date_format", "x", "%Y-%m-%d", 1),))}
    window = ObservationWindow(date(2024, 1, 1), date(2024, 6, 30))
    frequencies = pd.DataFrame({"frequency": [0, 1], "n": [15, 5]})
    headline = data_page.answer(log_report(), others).sentences[0].text("en")
    assert headline == (
        "2 sources tell us of 20 customers from 1 January 2024 to 30 June 2024; 94.7\xa0% of the rows can be used"
    )
    cards = data_page.key_cards(log_report(), others, window, frequencies).cards
    assert len(cards) == 4
    assert cards[-1].value.text("en") == "8"
    assert [(text.text("en"), care) for text, care in data_page.trust(log_report(), others).checks] == [
        ("Purchases: 96.0\xa0% of rows used", True),
        ("Other sources: 94.0\xa0% of rows used", True),
        ("1 thing was guessed", False),
    ]


def test_what_is_read_is_said(tmp_path):
    """From files to words: a damaged record tells its faults, and those of other tables."""
    write(
        tmp_path, "log.csv", ["customer_id,order_date,order_id,amount"] + [f"c{k},2024-05-01,o{k},5" for k in range(9)]
    )
    feedback = ["customer_id,given_at,instrument,score", "c1,2024-03-01,nps,11", "nobody,2024-03-01,nps,9"]
    write(tmp_path, "feedback.csv", feedback + [f"c{k},2024-03-02,nps,{k}" for k in range(9)])
    with collecting(settings_for(tmp_path, log="log.csv", feedback="feedback.csv")) as found:
        (table,) = words.issues(found.reports)
        assert rows_in(table)[0][0].endswith("(first: feedback.csv, line 2: 11)")
        (across,) = check_words.cross_checks(found.checks, "IDR")
        assert rows_in(across)[0][0].startswith("1 row names somebody whom neither purchases nor customer file know")
        assert list(found.with_rows_aside) == ["feedback"]
