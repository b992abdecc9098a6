"""The parts of the summary page, whatever they are filled from."""

from dataclasses import dataclass

from clv_lib.reporting.elements import Element
from clv_lib.reporting.figures import KeyFigure


@dataclass(frozen=True)
class Overview:
    """What each part of the page shows, and the numbers that the run is remembered by."""

    first_screen: tuple[Element, ...]
    tasks: tuple[Element, ...]
    value: tuple[Element, ...]
    trust: tuple[Element, ...]
    limits: tuple[Element, ...] = ()
    changed: tuple[Element, ...] = ()
    links: tuple[Element, ...] = ()
    figures: tuple[KeyFigure, ...] = ()
