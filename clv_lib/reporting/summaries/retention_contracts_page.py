"""The first screen of the page on staying under contract, and what it leaves for the run."""

from clv_lib.analysis.contract_audit import ContractAudit
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.quality import QualityReport
from clv_lib.names import PERIOD, N
from clv_lib.reporting.elements import Card, Cards, Paragraph, Trust
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.retention_contracts import trend_words
from clv_lib.reporting.summaries.retention_words import EACH, MANY, period_label
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share


def _last(found: ContractAudit) -> dict[str, Quantity | Sentence]:
    kept, churn = found.revenue.kept.iloc[-1], found.revenue.churn.iloc[-1]
    return {
        "n": count(int(churn[N])),
        "period": period_label(found.periods, int(churn[PERIOD])),
        "stayed": share(1 - float(churn["rate"]), 1),
        "left": count(int(churn["lapsed"])),
        "gross": share(float(kept["gross"]), 1),
        "net": share(float(kept["net"]), 1),
    }


def answer(found: ContractAudit) -> Paragraph:
    """Whether they stay, and whether that is getting better."""
    if found.revenue.kept.empty:
        text = say_count(
            "{n} customer is under contract; it is too early to say who stays",
            "{n} customers are under contract; it is too early to say who stays",
            n=found.active,
        )
        return Paragraph((text,), role="answer")
    ends = {
        "better": say("it is getting better"),
        "worse": say("it is getting worse"),
        "unclear": say("that is neither better nor worse than it was, beyond chance"),
        "unknown": say("there are too few years of joining to say whether it is getting better"),
    }
    text = say(
        "{stayed} of {n} customers stayed through {period}, and with them {gross} of recurring revenue; {trend}",
        trend=ends[found.trend.verdict],
        **_last(found),
    )
    return Paragraph((text,), role="answer")


def key_cards(found: ContractAudit, currency: str) -> Cards:
    """Customers and recurring revenue now, churn, gross and net retention."""
    cards = [
        Card(
            say("Recurring revenue a month"),
            money(found.monthly, currency),
            say_count("from {n} customer under contract", "from {n} customers under contract", n=found.active),
        )
    ]
    if found.revenue.kept.empty:
        return Cards(tuple(cards))
    kept, churn, last = found.revenue.kept.iloc[-1], found.revenue.churn.iloc[-1], _last(found)
    cards.append(
        Card(
            say("Churn rate in {period}", period=last["period"]),
            share(float(churn["rate"]), 1),
            _range(float(churn["rate_low"]), float(churn["rate_high"])),
            float(churn["rate_low"]),
            float(churn["rate_high"]),
            note=say("{left} of {n} customers left", left=last["left"], n=last["n"]),
        )
    )
    for name, label in (("gross", say("Gross revenue retention")), ("net", say("Net revenue retention"))):
        low, high = float(kept[f"{name}_low"]), float(kept[f"{name}_high"])
        note = say("before anything was added") if name == "gross" else say("with what the same customers pay more")
        cards.append(Card(label, share(float(kept[name]), 1), _range(low, high), low, high, note=note))
    return Cards(tuple(cards))


def _range(low: float, high: float) -> Sentence:
    return say("with {mass} certainty {low} to {high}", mass=share(INTERVAL), low=share(low, 1), high=share(high, 1))


def trust(found: ContractAudit, quality: QualityReport) -> Trust:
    """How far to trust the page."""
    spells = say_count("{n} spell under contract", "{n} spells under contract", n=found.spells)
    years = len(found.by_cohort["cohort"].unique()) if len(found.by_cohort) else 0
    joined = say_count("{n} year of joining to compare", "{n} years of joining to compare", n=years)
    return Trust((data_chip(quality), (spells, False), (joined, found.trend.verdict == "unknown")))


def basis(found: ContractAudit) -> Paragraph:
    """What is counted, and how the calendar is cut."""
    periods = MANY[found.periods.name]
    each = EACH[found.periods.name]
    sentences = [
        say(
            "A customer is under contract from the first day of a subscription to its last; changing the plan "
            "without a "
            "gap is staying. What is compared is how it stood at the ends of {periods}: who joined and left inside one "
            "{each} is in the renewals below and in no bridge.",
            periods=periods,
            each=each,
        )
    ]
    if found.returned:
        sentences.append(
            say_count(
                "{n} spell is that of a customer who had left before; each spell counts as one in the renewals.",
                "{n} spells are those of customers who had left before; each spell counts as one in the renewals.",
                n=found.returned,
            )
        )
    return Paragraph(tuple(sentences))


def meeting(found: ContractAudit, currency: str) -> Paragraph:
    """The sentence to say aloud."""
    if found.revenue.kept.empty:
        return Paragraph((say("Nobody has had the time to renew or to leave yet."),), role="meeting")
    first = say(
        "{stayed} of our customers stayed through {period} and {gross} of the recurring revenue with them; what the "
        "same customers pay more makes it {net}.",
        **_last(found),
    )
    return Paragraph((first, trend_words(found)), role="meeting")


def key_figures(found: ContractAudit, currency: str) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    figures = [
        KeyFigure("monthly_recurring_revenue", found.monthly, unit=currency),
        KeyFigure("customers_under_contract", float(found.active), unit="customers"),
    ]
    if found.revenue.kept.empty:
        return figures
    kept, churn = found.revenue.kept.iloc[-1], found.revenue.churn.iloc[-1]
    shares = {
        "churn_rate": (churn, "rate"),
        "gross_revenue_retention": (kept, "gross"),
        "net_revenue_retention": (kept, "net"),
    }
    return figures + [
        KeyFigure(
            name, float(row[key]), float(row[f"{key}_low"]), float(row[f"{key}_high"]), "share", INTERVAL, "expected"
        )
        for name, (row, key) in shares.items()
    ]
