"""The plays of one company: the library, its settings over it, its prices in it, what cannot be done left out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from clv_lib.analysis.play_library import library
from clv_lib.data.customers import Frame
from clv_lib.errors import SettingsError
from clv_lib.names import BIRTH_DATE, PRODUCT_ID
from clv_lib.settings import Play, Settings

__all__ = ["PlayCosts", "known_of", "library", "own_fields", "plays_of"]

_TABLES: Final = ("feedback", "referrals", "subscriptions", "interactions")


@dataclass(frozen=True)
class PlayCosts:
    """What campaigns have cost so far, by play of the library: the mean of those that say so.

    Attributes
    ----------
    per_contact, fixed : mapping of str to float
        In currency.
    otherwise : float or None
        Cost of a contact where no campaign of the play says it.
    """

    per_contact: Mapping[str, float]
    fixed: Mapping[str, float]
    otherwise: float | None = None

    def source(self, name: str, play: Play) -> Literal["stated", "measured", "assumed"]:
        """Where the cost of a contact comes from, given the play of the settings."""
        if play.cost_per_contact is not None:
            return "stated"
        return "measured" if name in self.per_contact else "assumed"


def plays_of(
    settings: Settings, *, known: Collection[str] | None = None, costs: PlayCosts | None = None
) -> dict[str, Play]:
    """Every play that may be chosen.

    Parameters
    ----------
    settings : Settings
        ``[plays.NAME]`` changes a play of the library key by key, or adds one.
    known : collection of str, optional
        What is known of customers (:func:`known_of`); plays that need more are left out. Without it none is.

    costs : PlayCosts, optional
        Fills in the costs that nobody has stated.

    Raises
    ------
    SettingsError
        A play of the company's own that does not say what it moves.
    """
    found = {**library(contractual=settings.contractual)}
    everywhere = library()
    for name, section in settings.plays.items():
        stated = {key: getattr(section, key) for key in section.model_fields_set}
        before = found.get(name) or everywhere.get(name)
        if before is None and "moves" not in stated:
            raise SettingsError(
                f"plays.{name} must say what it moves, because it is not a play of the library, but it does not. Add "
                f'moves = "rate", "stay" or "basket"; or, if one of the library is meant, use its name: '
                f"{', '.join(everywhere)}."
            )
        if before is not None and name not in found and stated.get("moves", before.moves) == "rate":
            continue  # under contract nothing is left for it to move
        found[name] = Play(**{"title": name.replace("_", " "), **(before.model_dump() if before else {}), **stated})
    return {
        name: _with_costs(name, play, costs, own_fields(settings, name))
        for name, play in found.items()
        if play.enabled and (known is None or set(play.needs) <= set(known))
    }


def own_fields(settings: Settings, name: str) -> frozenset[str]:
    """Keys of a play that the settings state, so that a page can say where a number is from."""
    section = settings.plays.get(name)
    return frozenset(section.model_fields_set) if section is not None else frozenset()


def known_of(record: Mapping[str, Frame]) -> frozenset[str]:
    """What the customer record knows of customers, in the words of ``needs``."""
    found = {name for name in _TABLES if name in record}
    columns = {name: record[name].collect_schema().names() for name in ("transactions", "customers") if name in record}
    if PRODUCT_ID in columns.get("transactions", ()):
        found.add("products")
    if BIRTH_DATE in columns.get("customers", ()):
        found.add("birth_date")
    return frozenset(found)


def _with_costs(name: str, play: Play, costs: PlayCosts | None, stated: Collection[str]) -> Play:
    if costs is None:
        return play
    filled: dict[str, float] = {}
    cost = costs.per_contact.get(name, costs.otherwise)
    if play.cost_per_contact is None and cost is not None:
        filled["cost_per_contact"] = cost
    if "fixed_cost" not in stated and name in costs.fixed:
        filled["fixed_cost"] = costs.fixed[name]
    return play.model_copy(update=filled) if filled else play
