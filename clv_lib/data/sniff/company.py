"""What holds for the whole dataset: currency, time zone, last day, contracts, margin; each guess with its reason."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.sniff.clocks import Clock, clock
from clv_lib.data.sniff.formats import Formats, amounts, days
from clv_lib.data.sniff.likeness import plain
from clv_lib.data.sniff.recognition import Recognised
from clv_lib.names import AMOUNT, CURRENCY, CUSTOMER_ID, ORDERED_AT, PRICE, QUANTITY, RATE, UNIT_COST

_SIGNS: Final = (
    ("IDR", r"\brp\b|\bidr\b|rupiah"),
    ("EUR", r"€|\beur\b"),
    ("GBP", r"£|\bgbp\b"),
    ("SGD", r"\bsgd\b|s\$"),
    ("MYR", r"\bmyr\b|\brm\b"),
    ("USD", r"\$|\busd\b|dollar"),
)
_INDONESIAN: Final = frozenset(
    ("tanggal", "tgl", "pelanggan", "pesanan", "jumlah", "nilai", "harga", "kanal", "kota", "biaya", "nama", "kode",
     "nomor", "produk", "kategori", "waktu")
)  # fmt: skip
_ZONES: Final = {"IDR": "Asia/Jakarta", "SGD": "Asia/Singapore", "MYR": "Asia/Kuala_Lumpur", "GBP": "Europe/London"}
_OFFSET_ZONES: Final = {7: "Asia/Jakarta", 8: "Asia/Singapore", 9: "Asia/Tokyo"}
MOST_CUSTOMERS: Final = 0.6  # with a contract; beyond it the business is called contractual


@dataclass(frozen=True)
class Guess:
    """A value, its reason, and whether the owner should be asked."""

    value: str | float
    why: str
    asked: bool = False


def currency(tables: dict[str, Recognised]) -> Guess:
    """ISO code of the amounts: from a column, the names of columns, signs beside the amounts, or the language."""
    sold = tables["transactions"]
    if CURRENCY in sold.fit.matches:
        codes = sold.export.columns[sold.fit.matches[CURRENCY].theirs].values.str.upper()
        usual = codes[codes.str.fullmatch(r"[A-Z]{3}")].value_counts()
        if len(usual):
            needed = "; the amounts in others need tables.fx_rates" if len(usual) > 1 else ""
            asked = len(usual) > 1 and "fx_rates" not in tables
            return Guess(str(usual.index[0]), f"the most frequent one of its column{needed}", asked)
    places = [(f"the name of column {sold.fit.matches[AMOUNT].theirs!r}", sold.fit.matches[AMOUNT].theirs)]
    if "fx_rates" in tables:
        rate = tables["fx_rates"].fit.matches[RATE].theirs
        places.append((f"the name of column {rate!r} in the rates", rate.lower().split("to")[-1]))
    written = sold.export.columns[sold.fit.matches[AMOUNT].theirs].some
    places += [(f"the amounts, such as {text!r}", text) for text in written[written.str.contains(r"[^\d.,\s+-]")][:20]]
    for where, text in places:
        for code, sign in _SIGNS:
            if re.search(sign, f"{plain(text)} {text.lower()}"):
                return Guess(code, f"{where} says so")
    words = {word for one in tables.values() for name in one.export.columns for word in plain(name).split()}
    if len(words & _INDONESIAN) > 1:
        return Guess("IDR", "the columns have Indonesian names, but nothing says the currency", asked=True)
    return Guess(
        "XXX", "the ISO 4217 code of the amounts, such as IDR or USD; nothing in the files says it", asked=True
    )


def timezone(tables: dict[str, Recognised], money: str) -> tuple[Guess, dict[str, str]]:
    """Where a day begins, and for the tables whose clocks seem to run on UTC, why."""
    clocks = {name: found for name, one in tables.items() if (found := clock(one))}
    home = _ZONES.get(money, "UTC")
    offsets = {found.offset for found in clocks.values() if found.offset}
    if len(offsets) == 1:
        (hours,) = offsets
        zone = _OFFSET_ZONES.get(hours) if hours != 7 or home == "UTC" else home
        if zone:
            return Guess(zone, f"the stamps are written with +{hours:02d}:00"), {}
        return Guess(home, f"the stamps are written with an offset of {hours:+d} hours; which zone is that?", True), {}
    strange = {name: found for name, found in clocks.items() if not found.at_home}
    if strange:
        return Guess(home, _hours(next(iter(strange.values())), home), asked=True), {
            name: f"are its clock times UTC? The fewest are around {found.quiet:02d}:30, where a shop's are at night"
            for name, found in strange.items()
            if not found.universal
        }
    if not clocks:
        return Guess(
            home, "where a business day begins; it matters once there are clock times, and too few were found"
        ), {}
    return Guess(home, 'where does a business day begin? For example "Asia/Jakarta"', asked=True), {}


def _hours(found: Clock, home: str) -> str:
    shift = (3 - found.quiet + 12) % 24 - 12
    said = "the stamps are UTC, and" if found.universal else "if the clock times are UTC:"
    place = "which zone is that" if home == "UTC" else f"is it {home}"
    return (
        f"{said} the fewest are around {found.quiet:02d}:30, so business days begin some {abs(shift)} hours "
        f"{'earlier' if shift > 0 else 'later'} than in UTC; {place}?"
    )


def last_day(tables: dict[str, Recognised], engine: DuckDBEngine, written: dict[str, Formats]) -> str:
    """Comment for ``as_of``."""
    sold = tables["transactions"]
    found = days(sold, engine, ORDERED_AT, written["transactions"])
    past = [day for day in found if day <= date.today()]
    if not past:
        return "# as_of = 2024-06-30  # the last day that is complete; without it, the last day of the log"
    later = len(found) - len(past)
    seen = "the last day of the log" if sold.export.complete else "the last day among the rows that were looked at"
    beyond = f" that is not in the future ({later:,} orders are)" if later else ""
    return f"# as_of = {past[-1]}  # {seen}{beyond}; state the last day that is complete"


def setting(tables: dict[str, Recognised]) -> Guess:
    """Contractual where most customers have a subscription."""
    if "subscriptions" not in tables:
        return Guess("noncontractual", "there is no table of subscriptions; customers leave without telling")
    buyers, holders = (
        set(tables[name].export.columns[tables[name].fit.matches[CUSTOMER_ID].theirs].values)
        for name in ("transactions", "subscriptions")
    )
    share = len(buyers & holders) / len(buyers) if buyers else 0.0
    if share < MOST_CUSTOMERS:
        return Guess("noncontractual", f"{share:.0%} of the customers who bought have a subscription")
    return Guess(
        "contractual",
        f"{share:.0%} of the customers who bought have a subscription; do customers buy only under it, so that orders "
        "are its payments? If they also buy without one, noncontractual",
        asked=True,
    )


def gross_margin(tables: dict[str, Recognised], engine: DuckDBEngine, written: dict[str, Formats]) -> Guess:
    """One minus the share of the unit cost in the price, where both stand in a table."""
    for name, per_unit in (("transactions", AMOUNT), ("products", PRICE)):
        one = tables.get(name)
        if one is None or not {per_unit, UNIT_COST} <= set(one.fit.matches):
            continue
        price, cost = (amounts(one, engine, ours, written[name]) for ours in (per_unit, UNIT_COST))
        if name == "transactions" and QUANTITY in one.fit.matches:
            cost = cost * amounts(one, engine, QUANTITY, written[name])
        both = (price > 0) & cost.notna()
        rate = round(1 - float(cost[both].sum() / price[both].sum()), 2) if both.any() else 0.0
        if 0 < rate <= 1:
            things = "order lines" if name == "transactions" else "products"
            return Guess(rate, f"1 - unit cost / price over {int(both.sum()):,} {things}; other costs come off it")
    return Guess(0.3, "contribution as a share of revenue; no table says it", asked=True)
