"""The parts of the summary page, whatever they are filled from."""

from dataclasses import dataclass

from clv_lib.reporting.elements import Element


@dataclass(frozen=True)
class Overview:
    """What each part of the page shows."""

    first_screen: tuple[Element, ...]
    tasks: tuple[Element, ...]
    value: tuple[Element, ...]
    trust: tuple[Element, ...]
    limits: tuple[Element, ...] = ()
