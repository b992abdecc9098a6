"""The contract model's survival beside the one that was seen, in words."""

import pandas as pd

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.reporting import plots_contracts
from clv_lib.reporting.elements import Element, Paragraph
from clv_lib.reporting.wording import Quantity, Sentence, count, say, share


def survival(curve: pd.DataFrame | None) -> tuple[Element, ...]:
    """What was seen beside what the model of the page on value says; nothing where it said nothing."""
    if curve is None:
        return (Paragraph((say("No model stands beside these rates: the page on lifetime value says why."),)),)
    seen = curve[curve["seen"].notna()].iloc[-1]
    last = curve.iloc[-1]
    apart = (curve["expected"] - curve["seen"]).abs().max()
    values: dict[str, Quantity | Sentence] = {
        "t": count(int(seen["renewals"])),
        "seen": share(float(seen["seen"])),
        "expected": share(float(seen["expected"])),
        "apart": share(float(apart), 1),
        "end": count(int(last["renewals"])),
        "then": share(float(last["expected"])),
        "low": share(float(last["low"])),
        "high": share(float(last["high"])),
        "mass": share(INTERVAL),
    }
    return (
        plots_contracts.survival(
            curve,
            title=say("After renewal {t} {seen} are left; the model says {expected}, and {then} after {end}", **values),
            alt=say(
                "Bars: share seen after each renewal, {seen} after number {t}. Line: the model, {expected} there and "
                "{then} after number {end}, {low} to {high}.",
                **values,
            ),
            caption=say(
                "Seen and model are {apart} apart at the most. Of all who ever signed; the band holds {mass} of the "
                "model's uncertainty.",
                **values,
            ),
            labels={
                "x": say("renewals"),
                "y": say("share of members still there"),
                "seen": say("seen"),
                "expected": say("model"),
            },
        ),
    )
