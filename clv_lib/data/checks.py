"""What a check across tables has found: a code, a count, the first offenders; and its sentence for a terminal."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from clv_lib.data.quality import IssueKind, Place

# {rows} and {money} are filled in; the other places are in Check.values
CHECKS: Final[dict[str, tuple[IssueKind, str]]] = {
    "merge_chains": ("note", "{merges:,} accounts were merged, {rows:,} of them over more than one step"),
    "merged_into_unknown": ("note", "{rows:,} accounts were merged into one that no table knows"),
    "unknown_customer": ("note", "{rows:,} rows name a {column} that neither the orders nor the customers know"),
    "orders_before_acquisition": (
        "note",
        "{rows:,} customers ({share:.1%}) have orders before the day on which they were won",
    ),
    "customers_without_orders": ("note", "{rows:,} customers ({share:.1%}) have no order"),
    "before_acquisition": ("fault", "{rows:,} referrals are by somebody who was not a customer yet; set aside"),
    "referred_twice": ("policy", "{rows:,} referrals are of somebody who was referred before; set aside"),
    "referred_was_customer": ("note", "{rows:,} referrals are of somebody who was a customer already"),
    "response_after_as_of": ("note", "{rows:,} responses came after the end of the observation; they do not count"),
    "response_unknown_customer": ("note", "{rows:,} responses came from unknown customers; they do not count"),
    "response_not_targeted": (
        "note",
        "{rows:,} responses came from customers who were not targeted; they do not count",
    ),
    "response_control": ("note", "{rows:,} responses came from the control group; they do not count"),
    "response_before_send": ("note", "{rows:,} responses came before the campaign was sent; they do not count"),
    "response_after_window": (
        "note",
        "{rows:,} responses came more than {days} days after the send; they do not count",
    ),
    "response_duplicate": ("note", "{rows:,} responses repeat an earlier one of the same customer; they do not count"),
    "unknown_campaign": ("note", "{rows:,} rows ({money:,.2f}) name a campaign that is not in the table of campaigns"),
    "without_campaign": ("note", "{rows:,} acquisition, marketing and retention costs ({money:,.2f}) name no campaign"),
    "negative_cost": ("note", "{rows:,} costs are negative ({money:,.2f}) and are taken for corrections"),
    "mixed_tax": ("note", "costs with and without tax are mixed: {marks}"),
    "spend_differs": (
        "note",
        "campaign {campaign}: the ledger says {money:,.2f}, the campaign itself {reported:,.2f}, {difference:+,.2f}",
    ),
    "outside_log": ("note", "{rows:,} costs ({money:,.2f}) belong to months outside the log ({first} to {last})"),
    "pool_not_whole": (
        "policy",
        "pool {pool}: the shares add up to {sum:.4g} and not to 1; the pool is not shared out",
    ),
    "pool_without_shares": ("note", "pool {pool}: {rows:,} costs ({money:,.2f}) and no shares to share them out by"),
    "open_tickets": ("note", "{rows:,} tickets are still open; how long they take is not known yet"),
    "overlapping_subscriptions": (
        "note",
        "{rows:,} subscriptions begin before an earlier one of the customer has ended",
    ),
    "subscribed_before_acquisition": (
        "note",
        "{rows:,} subscriptions begin before the customer signed up",
    ),
    "repeated_answer": (
        "note",
        "{rows:,} answers were given again later; the latest of each customer and instrument counts",
    ),
    "unknown_product": (
        "note",
        "{rows:,} order lines ({share:.2%} of revenue) name {products:,} products that the products do not list",
    ),
}


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes
    ----------
    code : str
        A key of :data:`CHECKS`.
    table : str
        Whose rows they are.
    kind : {"fault", "policy", "note"}
        Notes changed nothing; the rows of the others were set aside and are in the report of their table.
    rows : int
    money : Decimal
    first : tuple of Place
        The first ten.
    values : dict
        What else the sentence says.
    """

    code: str
    table: str
    kind: IssueKind
    rows: int
    money: Decimal = Decimal(0)
    first: tuple[Place, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """One line for a terminal."""
        said = CHECKS[self.code][1].format(rows=self.rows, money=self.money, **self.values)
        where = ", ".join(str(place) for place in self.first[:5] if place.line)
        more = ", ..." if where and self.rows > 5 else ""
        return f"{self.table}: {said}" + (f": {where}{more}" if where else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "money": str(self.money)}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Check":
        """Read back what :meth:`to_dict` wrote."""
        places = tuple(Place(**place) for place in plain["first"])
        return cls(**{**plain, "money": Decimal(plain["money"]), "first": places})
