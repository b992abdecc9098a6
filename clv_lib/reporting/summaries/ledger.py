"""The cost ledger and what became of it, in words."""

from clv_lib.analysis.accounting import Books
from clv_lib.analysis.allocation import BAD_SHARES, NO_TABLE, NOBODY, UNKNOWN_CUSTOMER, Allocation
from clv_lib.analysis.ledger import Disagreements
from clv_lib.analysis.whale import NO_REVENUE
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.wording import Quantity, Sentence, count, money, month, number, say, say_count, share, words
from clv_lib.settings import CostsSection, EconomicsSection
from clv_lib.settings.costs import COST_KINDS

LEAST_ALLOCATED = 0.95  # less of the ledger on customers calls for care

KINDS: dict[str, Sentence] = {
    "revenue": say("Revenue"),
    "goods": say("Goods"),
    "fulfilment": say("Fulfilment"),
    "payment": say("Payment fees"),
    "contribution": say("Contribution"),
    "service": say("Service"),
    "retention": say("Keeping customers"),
    "marketing": say("Marketing to customers"),
    "overhead": say("Overhead"),
    "profit": say("Customer profit"),
    "acquisition": say("Winning customers"),
    "onboarding": say("Welcoming new customers"),
    "after_acquisition": say("After winning customers"),
    "intangible": say("Intangible costs (estimated)"),
    "after_intangible": say("After intangible costs"),
    NO_REVENUE: say("bought nothing in these months"),
}
DRIVERS: dict[str, Sentence] = {
    "direct": say("the line names the customer"),
    "orders": say("purchase days"),
    "units": say("units bought"),
    "revenue": say("revenue"),
    "contacts": say("contacts"),
    "handling_minutes": say("minutes of handling"),
    "active_months": say("being a customer that month"),
    "new_customers": say("being won that month"),
    "equal": say("equal parts"),
    "assumed": say("assumed margin"),
    "": say("none"),
}
UNITS: dict[str, Sentence] = {
    "orders": say("per purchase day"),
    "units": say("per unit bought"),
    "revenue": say("share of revenue"),
    "contacts": say("per contact"),
    "handling_minutes": say("per minute of handling"),
    "active_months": say("per month of being a customer"),
    "new_customers": say("per new customer"),
    "equal": say("per customer and month"),
}
REASONS: dict[str, Sentence] = {
    "": say("on customers"),
    UNKNOWN_CUSTOMER: say("not allocated: the line names somebody who never bought"),
    BAD_SHARES: say("not allocated: the shares of its pool do not add up"),
    NO_TABLE: say("not allocated: no table counts a driver of it"),
    NOBODY: say("not allocated: nobody to charge in that month"),
}


def basis(books: Books, economics: EconomicsSection, *, contract_months: int | None = None) -> Paragraph:
    """What the figures stand on, before any of them.

    Parameters
    ----------
    books : Books
    economics : EconomicsSection
    contract_months : int, optional
        Where customers are under contract: for how many months after a payment they are counted as customers.
    """
    found = _basis(books, economics)
    if contract_months is None:
        return found
    under_contract = say(
        "The customers are members under contract: a purchase is the payment for a period of the contract, and a "
        "member is counted as a customer in the month of a payment and the {months} after it.",
        months=count(contract_months),
    )
    return Paragraph((*found.sentences, under_contract), role=found.role)


def _basis(books: Books, economics: EconomicsSection) -> Paragraph:
    first, last = (month(day) for day in books.days)
    margin = share(economics.gross_margin)
    if books.basis == "assumed":
        text = say(
            "There is no cost ledger. Every cost on this page is the settings' assumption that {margin} of revenue is "
            "left after the goods; nothing is known of service, keeping and winning customers, and nothing is made up. "
            "The months are {first} to {last}.",
            margin=margin,
            first=first,
            last=last,
        )
        return Paragraph((text,), role="banner")
    if books.basis == "goods_assumed":
        text = say(
            "The ledger holds no goods. For them the settings' assumption stands in that {margin} of revenue is left "
            "after the goods; every other cost is booked. Ledger and log share the months {first} to {last}.",
            margin=margin,
            first=first,
            last=last,
        )
        return Paragraph((text,), role="banner")
    text = say("Ledger and log share the months {first} to {last}; all figures are of these.", first=first, last=last)
    return Paragraph((text,))


def ledger_chip(books: Books) -> tuple[Sentence, bool]:
    """How much of the ledger is on customers, and whether that calls for care."""
    if books.allocation is None:
        return say("Costs: assumed, no ledger"), True
    part = _allocated(books.allocation)
    return say("Ledger: {part} on customers", part=share(part, 1)), not part >= LEAST_ALLOCATED


def _allocated(found: Allocation) -> float:
    """Share of the booked money, corrections counted by their size, that is on customers."""
    sizes = found.statement["booked"].abs()
    on_customers = sizes[found.statement["reason"] == ""].sum()
    return float(on_customers / sizes.sum()) if sizes.sum() else float("nan")


def differences(found: Disagreements | None, currency: str) -> Paragraph | Table:
    """What in the ledger does not agree."""
    if found is None:
        return Paragraph((say("There is no ledger to compare with anything."),))
    rows = difference_rows(found, currency)
    if not rows:
        return Paragraph((say("The ledger agrees with the campaigns, and all amounts are marked alike for tax."),))
    caption = say("What in the ledger does not agree; amounts are used as booked until somebody decides")
    return Table(caption, (say("What"), say("Amount"), say("What it may mean")), rows)


def difference_rows(found: Disagreements, currency: str) -> list[list[Quantity | Sentence]]:
    """A row for everything that does not agree."""
    rows: list[list[Quantity | Sentence]] = [
        [
            say("booked on campaign {campaign}, which nobody knows", campaign=words(row.campaign_id)),
            money(row.amount, currency),
            say("a mistyped campaign, or one missing from the table"),
        ]
        for row in rows_of(found.unknown_campaigns)
    ]
    if found.without_campaign:
        rows.append(
            [
                say("marketing booked without a campaign"),
                money(found.without_campaign, currency),
                say("it cannot be held against any campaign's result"),
            ]
        )
    rows += [
        [
            say("campaign {campaign}: booked less reported", campaign=words(row.campaign_id)),
            money(row.difference, currency),
            say(
                "{booked} in the ledger, {reported} reported",
                booked=money(row.booked, currency),
                reported=money(row.reported, currency),
            ),
        ]
        for row in rows_of(found.campaigns)
    ]
    if found.mixed_tax:
        rows += [
            [
                TAX.get(row.tax, words(row.tax)),
                money(row.amount, currency),
                say_count(
                    "{n} line; amounts with and without tax are added as they are",
                    "{n} lines; amounts with and without tax are added as they are",
                    n=row.lines,
                ),
            ]
            for row in rows_of(found.tax)
        ]
    return rows


TAX: dict[str, Sentence] = {
    "incl": say("amounts that include tax"),
    "excl": say("amounts without tax"),
    "": say("amounts that do not say"),
}


def allocation(found: Allocation | None, settings: CostsSection, currency: str) -> tuple[Element, ...]:
    """Where every unit of the ledger went, by which driver, and what went nowhere."""
    if found is None:
        return (Paragraph((say("Without a ledger there is nothing to allocate."),)),)
    booked, lost = (units / MONEY_UNITS for units in (found.booked_units, found.unallocated_units))
    text = [
        say(
            "{booked} is booked; {allocated} of it is on customers and {lost} is not. The three agree to the last "
            "ten-thousandth.",
            booked=money(booked, currency),
            allocated=money(found.allocated_units / MONEY_UNITS, currency),
            lost=money(lost, currency),
        )
    ]
    text += [
        say(
            "The shares of pool {pool} add up to {sum} and not to 1, so none of it is allocated; correct the table "
            "of allocations.",
            pool=words(pool),
            sum=number(total, 2),
        )
        for pool, total in found.refused_pools
    ]
    table = Table(
        say("The ledger by kind and driver; nothing is left out"),
        (say("Kind of cost"), say("Shared out by"), say("Fate"), say("Booked")),
        [
            [KINDS[row.kind], DRIVERS[row.driver], REASONS[row.reason], money(row.booked, currency)]
            for row in rows_of(found.statement)
        ],
    )
    return (Paragraph(tuple(text)), table, driver_list(settings, found))


def driver_list(settings: CostsSection, found: Allocation) -> Table:
    """Which driver each kind of cost follows, stated or by default."""
    return Table(
        say(
            "Drivers in order of preference, by default or as the settings say; a customer is active in a month if the "
            "last purchase lies at most {months} months back",
            months=count(settings.active_months_after_purchase),
        ),
        (say("Kind of cost"), say("First choice"), say("Then"), say("Used here")),
        [
            [
                KINDS[kind],
                *([DRIVERS[name] for name in settings.drivers_of(kind)] + [DRIVERS[""]])[:2],
                DRIVERS[found.drivers.get(kind, "")],
            ]
            for kind in COST_KINDS
        ],
    )
