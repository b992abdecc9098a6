"""What customers cost and what is left of their revenue, in words."""

import pandas as pd

from clv_lib.analysis.accounting import Books
from clv_lib.analysis.drivers import UnitCostFit
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.profit import COST
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.analysis.waterfall import Waterfall
from clv_lib.analysis.whale import Whale
from clv_lib.names import CONTRIBUTION, COST_TO_KEEP, COST_TO_SERVE, PROFIT, REVENUE
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots_costs import falling
from clv_lib.reporting.plots_costs import whale as whale_plot
from clv_lib.reporting.summaries import Summary, rows_of
from clv_lib.reporting.summaries.ledger import KINDS, UNITS
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, share, words

ALIKE = 1e-6  # ends of a range that differ by a smaller share are one number
NOTHING = words("–")


def part_of(part: float, whole: float) -> float:
    """A part as a share of the whole; NaN of nothing."""
    return part / whole if whole else float("nan")


def waterfall(found: Waterfall, currency: str) -> Figure:
    """From revenue to profit, and on to what is left after winning customers and intangible costs."""
    steps = found.steps.reset_index(drop=True)
    costs = steps[~steps["total"] & ~steps["step"].isin(["acquisition", "onboarding", "intangible"])]
    profit, revenue = found.amount(PROFIT), found.amount(REVENUE)
    last = found.amount(found.last)
    largest = costs.sort_values("amount").head(1)
    values = {
        "profit": money(profit, currency),
        "revenue": money(revenue, currency),
        "part": share(part_of(profit, revenue)),
    }
    if largest.empty:
        title = say("Of {revenue} revenue {profit} is left, {part}", **values)
    else:
        title = say(
            "{part} of revenue is left as customer profit; the largest cost is: {kind}",
            part=values["part"],
            kind=KINDS[str(largest["step"].iloc[0])],
        )
    return falling(
        steps,
        labels=[KINDS[str(step)] for step in steps["step"]],
        currency=currency,
        title=title,
        alt=say(
            "Bars from revenue, {revenue}, down through every kind of cost to customer profit, {profit}, and to {last} "
            "after winning customers and intangible costs.",
            last=money(last, currency),
            **values,
        ),
        caption=say(
            "All customers together. Costs that nobody could be charged with are included. A line at the end of a bar "
            "is the {mass} range of what is estimated.",
            mass=share(INTERVAL),
        ),
        x=say("amount"),
        y=say("what is left, step by step"),
    )


def waterfall_table(found: Waterfall, currency: str) -> Summary:
    """The same, in numbers, with what is on no customer."""
    revenue = found.amount(REVENUE)
    text = [say("Customer profit is {profit}.", profit=money(found.amount(PROFIT), currency))]
    if found.amount("acquisition") or found.amount("onboarding"):
        text.append(
            say(
                "Winning customers stands apart: it is spent once and is not repeated for those who are here; after it "
                "{left} is left.",
                left=money(found.amount("after_acquisition"), currency),
            )
        )
    if found.amount("intangible"):
        low, high = found.range("after_intangible")
        text.append(
            say(
                "Intangible costs stand apart because they are estimates: with them {left} is left, {mass} certain "
                "between {low} and {high}.",
                left=money(found.amount("after_intangible"), currency),
                mass=share(INTERVAL),
                low=money(low, currency),
                high=money(high, currency),
            )
        )
    table = Table(
        say("From revenue to profit; ranges hold {mass} and are those of estimated costs", mass=share(INTERVAL)),
        (say("Step"), say("Amount"), say("Of revenue"), say("Low"), say("High"), say("On no customer")),
        [
            [
                KINDS[row.step],
                money(row.amount, currency),
                share(part_of(abs(row.amount), revenue)),
                *_range_of(row.low, row.high, currency),
                NOTHING if row.total else money(row.unallocated, currency),
            ]
            for row in rows_of(found.steps)
        ],
    )
    return Summary(table, (Paragraph(tuple(text)),))


def _range_of(low: float, high: float, currency: str) -> tuple[Quantity, Quantity]:
    """Both ends of a range; dashes where nothing is estimated, and so both are the amount itself."""
    if high - low <= ALIKE * max(abs(low), abs(high)):
        return NOTHING, NOTHING
    return money(low, currency), money(high, currency)


def unit_costs(causes: dict[str, UnitCostFit], hooks: UnitCosts, currency: str) -> tuple[Element, ...]:
    """What one unit of each driver costs, and what a forecast will subtract."""
    if hooks.source == "assumed":
        text = say(
            "Nothing is booked, so nothing can be learnt. A forecast takes {margin} of revenue as margin and no cost "
            "of serving or keeping customers; both are assumptions.",
            margin=share(float(hooks.margin_rate.mean())),
        )
        return (Paragraph((text,)),)
    found = Table(
        say("What one unit costs, from the months of the ledger; {mass} credible intervals", mass=share(INTERVAL)),
        (say("Kind of cost"), say("Unit"), say("Cost"), say("Low"), say("High"), say("Months are off by")),
        [
            [KINDS[kind], UNITS[driver], *_in_units(fit, driver, currency), share(fit.scatter, 1)]
            for kind, fit in causes.items()
            for driver in fit.drivers
        ],
    )
    three = hooks.estimates()
    margin = three["margin_rate"]
    rows: list[list[Quantity | Sentence]] = [
        [say("Margin, share of revenue"), *(share(value, 1) for value in (margin.mean, margin.low, margin.high))]
    ]
    for name, label in HOOKS.items():
        cost = three[name]
        rows.append([label, *(money(value, currency) for value in (cost.mean, cost.low, cost.high))])
    future = Table(
        say("What a forecast of value reckons with; winning customers, marketing, overhead and guesses are not in it"),
        (say("Figure"), say("Mean"), say("Low"), say("High")),
        rows,
    )
    saving = [KINDS[kind] for kind, fit in causes.items() if fit.saves_money]
    notes = [
        Paragraph(
            (say("{kind}: corrections outweigh the costs, so the unit cost is below nothing.", kind=kind),), role="note"
        )
        for kind in saving
    ]
    return (found, *notes, future)


HOOKS: dict[str, Sentence] = {
    "per_order": say("Per purchase day: fulfilment"),
    "per_active_month": say("Per month of being a customer: service and keeping"),
}


def _in_units(fit: UnitCostFit, driver: str, currency: str) -> list[Quantity]:
    found = fit.estimate(driver)
    values = (found.mean, found.low, found.high)
    return [share(value, 1) if driver == "revenue" else money(value, currency) for value in values]


def serving_and_keeping(books: Books, hooks: UnitCosts, currency: str) -> tuple[Element, ...]:
    """Cost to serve and to keep: past per customer and month of being one, and expected per month of being one."""
    if books.basis == "assumed":
        text = say("What serving and keeping a customer costs is not known, so it is not shown as nothing.")
        return (Paragraph((text,)),)
    totals = books.totals.iloc[0]
    customers, months = float(totals["customers"]), books.active_months
    serving, keeping, marketing = (float(totals[f"{COST}{kind}"]) for kind in ("service", "retention", "marketing"))
    ahead = hooks.estimates()["per_active_month"]
    expected = say(
        "{mean} ({low} to {high})",
        mean=money(ahead.mean, currency),
        low=money(ahead.low, currency),
        high=money(ahead.high, currency),
    )
    lines: list[tuple[Sentence, float, Quantity | Sentence]] = [
        (KINDS["service"], serving, NOTHING),
        (KINDS["retention"], keeping, NOTHING),
        (say("Both: caused by being a customer"), serving + keeping, expected),
        (say("Marketing to customers: decided on"), marketing, NOTHING),
    ]
    table = Table(
        say(
            "{customers} customers over {months} months of being one; expected with its {mass} interval",
            customers=count(customers),
            months=count(months),
            mass=share(INTERVAL),
        ),
        (say("Cost"), say("Per customer so far"), say("Per month so far"), say("Per month, expected")),
        [
            [label, money(part_of(value, customers), currency), money(part_of(value, months), currency), ahead_]
            for label, value, ahead_ in lines
        ],
    )
    return (table,)


def whale(found: Whale, currency: str) -> Figure:
    """Who earns the profit, and who takes it away."""
    values = {
        "peak": money(found.peak, currency),
        "total": money(found.total, currency),
        "loss": money(abs(found.loss), currency),
        "losing": count(found.losing),
        "part": share(found.peak_at),
    }
    if found.losing:
        title = say("{part} of the customers earn {peak}; {losing} others take {loss} of it away again", **values)
    else:
        title = say("No customer costs more than it brings; together they earn {total}", **values)
    return whale_plot(
        found.curve,
        peak_at=found.peak_at,
        currency=currency,
        title=title,
        alt=say(
            "A line of cumulative profit over the customers, the most profitable first. It rises to {peak} at {part} "
            "of the customers and ends at {total}.",
            **values,
        ),
        caption=say(
            "{n} customers, ranked by profit before winning them and before intangible costs; the dashed line is the "
            "profit of all.",
            n=count(found.customers),
        ),
        x=say("share of customers, most profitable first"),
        y=say("profit, added up"),
    )


def tipped(found: Whale, currency: str) -> Paragraph | Table:
    """Why customers are at a loss."""
    if not found.losing:
        return Paragraph((say("No customer is at a loss."),))
    return Table(
        say("Customers at a loss, by the cost that takes them below nothing when costs are subtracted in order"),
        (say("It is"), say("Customers"), say("Their loss")),
        [[KINDS[row.kind], count(row.customers), money(abs(row.loss), currency)] for row in rows_of(found.tipped_by)],
        bar=2,
    )


def largest_losses(profits: pd.DataFrame, currency: str) -> tuple[Table, ...]:
    """The customers with the largest losses. ``profits``: customer_id, revenue, contribution, costs, profit."""
    caption = say(
        "The customers with the largest losses; everybody's figures are in {file}", file=words("customer_costs.csv")
    )
    heads = (
        say("Customer"),
        say("Revenue"),
        say("Contribution"),
        say("Service"),
        say("Keeping and marketing"),
        say("Overhead"),
        say("Profit"),
    )
    if profits.empty:
        return ()
    values = (REVENUE, CONTRIBUTION, COST_TO_SERVE, COST_TO_KEEP, f"{COST}overhead", PROFIT)
    rows = [
        [words(row.customer_id), *(money(getattr(row, name), currency) for name in values)] for row in rows_of(profits)
    ]
    return (Table(caption, heads, rows),)
