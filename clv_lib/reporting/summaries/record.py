"""What came in from each source beside the purchases, what became of it, and what it would bend; in words."""

from collections.abc import Iterable, Mapping
from typing import Final

from clv_lib.data.quality import Issue, Place, QualityReport, Tally
from clv_lib.data.record_reasons import RECORD_REASONS
from clv_lib.data.table_report import TableIssue, TableReport
from clv_lib.names import AMOUNT, BUDGET, FIXED_COST, REPORTED_SPEND
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.summaries.columns import column_name
from clv_lib.reporting.summaries.coverage import PURCHASES, source_name
from clv_lib.reporting.summaries.data import ISSUES
from clv_lib.reporting.summaries.effects import LOG_EFFECTS, RECORD_EFFECTS
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share, words

LOG: Final = "transactions"
MOST_SHOWN: Final = 12  # kinds of problems of one table
LONGEST_VALUE: Final = 40  # letters of a value; the file of the rows set aside has it whole
SUMMED: Final = (AMOUNT, REPORTED_SPEND, FIXED_COST, BUDGET)  # a sum of prices would be no money that anybody paid
NO_NUMBER: Final = count(float("nan"))
DONE: Final[dict[str, Sentence]] = {
    "repair": say("Repaired and used."),
    "fault": say("Set aside."),
    "policy": say("Set aside by rule."),
    "note": say("Used, and noted."),
}
_WITH_VALUE: Final = ("unreadable", "implausible_day", "out_of_range", "unknown_word", "off_scale", "emptied")

RECORD_ISSUES: Final[dict[str, Sentence]] = {
    "repeated_header": ISSUES["repeated_header"],
    "extra_field": ISSUES["extra_field"],
    "missing_field": ISSUES["missing_field"],
    "unclosed_quote": ISSUES["unclosed_quote"],
    "missing_value": say("has nothing under “{column}”"),
    "unreadable": say("cannot be read under “{column}”"),
    "implausible_day": say("has a placeholder for a date under “{column}”"),
    "out_of_range": say("has something impossible under “{column}”"),
    "unknown_word": say("has a word under “{column}” that is not one of those it may be"),
    "off_scale": say("has a score that is not on the scale of its question"),
    "resolved_before_opened": say("was solved before it was opened"),
    "ended_before_started": say("ended before it started"),
    "amount_outside_range": say("has an amount outside the range that is given for it"),
    "self_referral": say("names one customer as the one who refers and the one who is referred"),
    "conflicting_key": say("shares its “{column}” with a row that says otherwise"),
    "before_acquisition": say("is a referral by somebody who was not a customer yet"),
    "after_as_of": ISSUES["after_as_of"],
    "merged_customer": say("describes an account that was merged into another, whose own row is used"),
    "self_merge": say("merges an account with itself"),
    "duplicate": say("says the same as an earlier row with its “{column}”"),
    "referred_twice": say("refers somebody who was referred before; the first referral counts"),
    "pool_not_whole": say("belongs to a cost pool whose shares do not add up to the whole"),
    "trimmed_id": say("had spaces around its “{column}”"),
    "rounded_amount": ISSUES["rounded_amount"],
    "merged_id": say("named a merged account as its “{column}”; it counts for the account in use"),
    "emptied": say("has something under “{column}” that cannot be meant; only that was left out"),
    "not_yet": say("has a day under “{column}” after the day of the report; it has not happened yet"),
    "possible_duplicate": say("equals an earlier row; as nothing tells the two apart, it was kept"),
    "blank_line": ISSUES["blank_line"],
}
MATTERS: Final[
    dict[tuple[str, str], Sentence]
] = {  # optional columns whose gaps bend a result, not those that may be empty
    (LOG, "order_id"): say("Copies of a row cannot be told from second purchases."),
    (LOG, "product_id"): say("What was bought is not known, so its cost is taken from elsewhere."),
    (LOG, "unit_cost"): say("What the goods cost is taken from elsewhere, or assumed."),
    (LOG, "channel"): say("They are missing from the comparison of channels."),
    ("customers", "acquired_at"): say("What it cost to win them can be set against no month."),
    ("customers", "acquisition_channel"): say("They are missing from what it costs to win a customer by channel."),
    ("customers", "email_consent"): say("Whether they may be written to is not known."),
    ("products", "unit_cost"): say("What they cost is taken from elsewhere, or assumed."),
    ("products", "category"): say("They are missing from comparisons by category."),
    ("campaigns", "starts_at"): say("What came before the campaign cannot be told from what came after."),
    ("campaigns", "reported_spend"): say("The ledger's account of the campaign cannot be checked."),
    ("campaign_members", "assigned_at"): say("Answers that came before the send cannot be told apart."),
    ("feedback", "theme"): say("They count in the scores, and in no theme."),
    ("subscriptions", "price"): say("What they pay is not known."),
    ("subscriptions", "billing_period"): say("How often they pay is not known."),
}


def sources(
    report: QualityReport, others: Mapping[str, TableReport], *, log: Sentence = PURCHASES
) -> tuple[Element, ...]:
    """Source by source: rows in, used as they are, repaired, set aside; and the money where it is a sum of payments.

    Parameters
    ----------
    report : QualityReport
        Of the purchases.
    others : mapping of str to TableReport
        Of the other tables.
    log : Sentence
        What the purchases are called.
    """
    rows = [_source(log, report, report.currency, True)]
    rows += [
        _source(source_name(name), each, each.currency, each.money_column in SUMMED) for name, each in others.items()
    ]
    text = say_count(
        "{n} source was read, the purchases, with {rows} rows; {aside} of them were set aside.",
        "{n} sources were read, with {rows} rows in all; {aside} of them were set aside.",
        n=len(rows),
        rows=count(report.read.rows + sum(each.read.rows for each in others.values())),
        aside=count(set_aside(report, others.values())),
    )
    table = Table(
        say(
            "Rows by source, and what became of them; the three add up to the rows read. An amount stands where it is "
            "money that was paid or spent"
        ),
        (
            say("Source"), say("Rows"), say("As they are"), say("Repaired"), say("Set aside"), say("Amount"),
            say("Amount set aside"),
        ),
        rows,
    )  # fmt: skip
    return Paragraph((text,)), table


def _source(
    name: Sentence | Quantity, report: QualityReport | TableReport, currency: str, paid: bool
) -> list[Quantity | Sentence]:
    rows = (report.read, report.accepted, report.repaired, report.quarantined)
    amounts = [_amount(each, currency, paid) for each in (report.read, report.quarantined)]
    return [name, *(count(each.rows) for each in rows), *amounts]


def _amount(tally: Tally, currency: str, paid: bool) -> Quantity:
    return money(float(tally.money), currency) if paid else NO_NUMBER


def set_aside(report: QualityReport, others: Iterable[TableReport]) -> int:
    """Rows set aside in all sources together."""
    return report.quarantined.rows + sum(each.quarantined.rows for each in others)


def log_issues(report: QualityReport, *, log: Sentence = PURCHASES) -> Paragraph | Table:
    """Everything that was repaired, set aside or noted in the purchases, with its effect and where it stands first."""
    if not report.issues:
        return Paragraph((say("No row of the {log} needed a repair, and none was set aside.", log=log),))
    return Table(
        say("What was found in the rows of the {log}, what was done, and how it would bend the result", log=log),
        (say("A row that …"), say("What was done, and the effect"), say("Rows"), say("Amount")),
        [
            [
                _placed(ISSUES[each.code], each),
                say("{done} {effect}", done=DONE[each.kind], effect=LOG_EFFECTS[each.code]),
                count(each.rows),
                money(float(each.money), report.currency),
            ]
            for each in report.issues
        ],
    )


def issues(others: Mapping[str, TableReport]) -> tuple[Element, ...]:
    """A table per source in which anything was found; sources without a finding in one sentence."""
    found = {name: each for name, each in others.items() if each.issues}
    clean = len(others) - len(found)
    if not others:
        return (Paragraph((say("No other source was read."),)),)
    elements = [each for name, report in found.items() for each in _issues(name, report)]
    if not clean:
        return tuple(elements)
    text = say_count(
        "In {n} of the other sources every row could be used as it was.",
        "In {n} of the other sources every row could be used as it was.",
        n=clean,
    )
    return (*elements, Paragraph((text,)))


def _issues(name: str, report: TableReport) -> tuple[Element, ...]:
    shown, cut = report.issues[:MOST_SHOWN], report.issues[MOST_SHOWN:]
    table = Table(
        say(
            "Source: {source}. What was found, what was done, and how it would bend the result",
            source=source_name(name),
        ),
        (say("A row that …"), say("What was done, and the effect"), say("Rows")),
        [
            [
                _placed(issue_sentence(each), each),
                say("{done} {effect}", done=DONE[each.kind], effect=RECORD_EFFECTS[each.code]),
                count(each.rows),
            ]
            for each in shown
        ],
    )
    if not cut:
        return (table,)
    more = say_count(
        "{n} more kind of problem in this source, of {rows} rows, is not listed.",
        "{n} more kinds of problems in this source, of {rows} rows, are not listed.",
        n=len(cut),
        rows=count(sum(each.rows for each in cut)),
    )
    return table, Paragraph((more,), role="note")


def issue_sentence(issue: TableIssue) -> Sentence:
    """What is wrong with the rows, after 'a row that'."""
    message = RECORD_ISSUES[issue.code].message
    return say(message, column=column_name(issue.column)) if "{column}" in message else RECORD_ISSUES[issue.code]


def _placed(found: Sentence, issue: Issue) -> Sentence:
    """The same with where it stands first, and with the value that is at fault."""
    place = issue.first[0] if issue.first else Place("", 0)
    if not place.line:
        return found
    values: dict[str, Sentence | Quantity] = {"found": found, "file": words(place.source), "line": count(place.line)}
    if issue.code in _WITH_VALUE and place.value and issue.code in RECORD_REASONS:
        return say("{found} (first: {file}, line {line}: {value})", **values, value=words(_short(place.value)))
    return say("{found} (first: {file}, line {line})", **values)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


def missing(report: QualityReport, others: Mapping[str, TableReport]) -> Paragraph | Table:
    """Rows that are used but say nothing where it matters, with what their silence bends."""
    rows: list[list[Quantity | Sentence]] = []
    for (name, column), effect in MATTERS.items():
        table = report if name == LOG else others.get(name)
        empty = table.missing.get(column, 0) if table is not None else 0
        if table is not None and empty:
            part = share(empty / max(table.used.rows, 1), 1)
            what = say("{column} ({source})", column=column_name(column), source=source_name(name))
            rows.append([what, effect, count(empty), part])
    if not rows:
        return Paragraph((say("Where a value matters, every row in use has one."),))
    return Table(
        say("Rows in use without a value where it matters"),
        (say("Missing"), say("Effect"), say("Rows"), say("Share")),
        rows,
    )
