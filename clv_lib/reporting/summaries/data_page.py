"""The first screen of the page on data: how much is held, how much of it is used, and what calls for care."""

from collections.abc import Mapping

import pandas as pd

from clv_lib.data.quality import QualityReport
from clv_lib.data.table_report import TableReport
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Card, Cards, Paragraph, Trust
from clv_lib.reporting.summaries import data
from clv_lib.reporting.summaries.coverage import PAYMENTS, PURCHASES
from clv_lib.reporting.summaries.facts import doubtful
from clv_lib.reporting.summaries.record import set_aside
from clv_lib.reporting.summaries.screening import found_sentence
from clv_lib.reporting.wording import Sentence, count, day, money, say, say_count, share

Others = Mapping[str, TableReport]


def answer(report: QualityReport, others: Others) -> Paragraph:
    """The headline: how many sources tell of how many customers, and how much of it can be used."""
    values = {
        "customers": count(report.customers),
        "first": day(report.first_day),
        "last": day(report.last_day),
    }
    read = report.read.rows + sum(each.read.rows for each in others.values())
    aside = set_aside(report, others.values())
    if not aside:
        text = say_count(
            "{n} source tells us of {customers} customers from {first} to {last}, and every row can be used",
            "{n} sources tell us of {customers} customers from {first} to {last}, and every row can be used",
            n=1 + len(others),
            **values,
        )
    else:
        text = say_count(
            "{n} source tells us of {customers} customers from {first} to {last}; {used} of the rows can be used",
            "{n} sources tell us of {customers} customers from {first} to {last}; {used} of the rows can be used",
            n=1 + len(others),
            used=share(1 - aside / read, 1),
            **values,
        )
    return Paragraph((text,), role="answer")


def key_cards(report: QualityReport, others: Others, window: ObservationWindow, frequencies: pd.DataFrame) -> Cards:
    """Four figures. ``frequencies``: frequency, n."""
    of_log = data.key_cards(report, window, frequencies).cards
    if not others:
        return Cards(of_log)
    aside = Card(
        say("Rows set aside"),
        count(set_aside(report, others.values())),
        say(
            "{rows} of them purchases worth {money}",
            rows=count(report.quarantined.rows),
            money=money(float(report.quarantined.money), report.currency),
        ),
    )
    return Cards((*of_log[:-1], aside))


def trust(report: QualityReport, others: Others, *, log: Sentence = PURCHASES) -> Trust:
    """How far to trust what is held: use of the rows, what stands out in the log, and what was read off the files."""
    checks = [_log_chip(report, log), _others_chip(others)] if others else [data.trust_chip(report)]
    checks += [(found_sentence(each, report.currency), True) for each in report.findings[:1]]
    if len(report.findings) > 1:
        more = say_count(
            "{n} more thing stands out in the log", "{n} more things stand out in the log", n=len(report.findings) - 1
        )
        checks.append((more, True))
    facts = [*report.inferred, *(fact for each in others.values() for fact in each.inferred)]
    guessed = (
        say_count("{n} thing was guessed", "{n} things were guessed", n=len(facts))
        if facts
        else say("Nothing had to be guessed")
    )
    return Trust((*checks, (guessed, doubtful(facts))))


def _log_chip(report: QualityReport, log: Sentence) -> tuple[Sentence, bool]:
    if not report.quarantined.rows:
        return say("Payments: every row used") if log is PAYMENTS else say("Purchases: every row used"), False
    used = report.used.rows / report.read.rows
    places = {"used": share(used, 1)}
    told = (
        say("Payments: {used} of rows used", **places)
        if log is PAYMENTS
        else say("Purchases: {used} of rows used", **places)
    )
    return told, used < data.LEAST_USED


def _others_chip(others: Others) -> tuple[Sentence, bool]:
    read = sum(each.read.rows for each in others.values())
    aside = sum(each.quarantined.rows for each in others.values())
    if not aside:
        return say("Other sources: every row used"), False
    worst = min(each.used.rows / max(each.read.rows, 1) for each in others.values())
    text = say("Other sources: {used} of rows used", used=share(1 - aside / max(read, 1), 1))
    return text, worst < data.LEAST_USED
