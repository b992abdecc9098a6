"""The main figure of a dataset over its runs, as a small line on the list of reports."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from markupsafe import Markup

from clv_lib.reporting.figures import HEADLINE_VALUE
from clv_lib.reporting.wording import Language, Quantity, Sentence, count, day, money, say

MOST: Final = 24  # runs; older ones are left out
WIDTH, HEIGHT, MARGIN = 160.0, 36.0, 4.0  # of the drawing, in its own units


def trend(runs: Sequence[Mapping[str, Any]], language: Language) -> Markup:
    """Line and range of what the customers are worth, run by run; empty where fewer than two runs say it.

    Parameters
    ----------
    runs : sequence of mapping
        ``run.json`` of one dataset's runs, newest first. Runs that are not whole and trusted are passed over, as are
        those in another currency than the newest.
    language : {"en", "id"}
    """
    points = _points(runs)[:MOST][::-1]
    if len(points) < 2:
        return Markup("")
    first, last = points[0], points[-1]
    said = _in_words(first, last, len(points))
    lows, highs = ([each[2] for each in points], [each[3] for each in points])
    bottom, top = min(lows), max(highs)
    band = [*_path(highs, bottom, top), *_path(lows, bottom, top)[::-1]]
    line = _path([each[1] for each in points], bottom, top)
    return Markup(
        '<figure class="trend"><svg viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">'
        '<polygon points="{}"></polygon><polyline points="{}"></polyline><circle cx="{}" cy="{}" r="3"></circle></svg>'
        "<figcaption>{}</figcaption></figure>"
    ).format(
        f"{WIDTH:g}", f"{HEIGHT:g}", said.text(language), " ".join(band), " ".join(line), *line[-1].split(","),
        said.html(language),
    )  # fmt: skip


def _points(runs: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], float, float, float, str]]:
    """Run, value, low, high and currency, newest first; runs that only repeat the one before count once."""
    found: list[tuple[Mapping[str, Any], float, float, float, str]] = []
    for run in runs:
        figures = {each["name"]: each for stage in (run.get("key_figures") or {}).values() for each in stage}
        figure = figures.get(HEADLINE_VALUE)
        if run.get("status") != "ok" or not figure or None in (figure["value"], figure["low"], figure["high"]):
            continue
        point = (run, figure["value"], figure["low"], figure["high"], figure["unit"])
        if found and point[4] != found[0][4]:
            continue
        if found and point[1:] == found[-1][1:]:
            found[-1] = point  # the older of two that say the same
            continue
        found.append(point)
    return found


def _path(values: Sequence[float], bottom: float, top: float) -> list[str]:
    span = (top - bottom) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    down = [HEIGHT - MARGIN - (each - bottom) / span * (HEIGHT - 2 * MARGIN) for each in values]
    return [f"{MARGIN + number * step:.1f},{each:.1f}" for number, each in enumerate(down)]


def _in_words(first: Any, last: Any, runs: int) -> Sentence:
    places: dict[str, Quantity | Sentence] = {
        "then": money(first[1], first[4]),
        "now": money(last[1], last[4]),
        "n": count(runs),
    }
    since, until = (str((each[0].get("data") or {}).get("last_day") or "") for each in (first, last))
    if not since or not until or since == until:
        return say("Value of the customers over the last {n} reports: from {then} to {now}", **places)
    places |= {"first": day(date.fromisoformat(since)), "last": day(date.fromisoformat(until))}
    return say("Value of the customers: from {then} on {first} to {now} on {last}, {n} reports", **places)
