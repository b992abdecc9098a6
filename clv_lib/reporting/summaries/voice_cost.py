"""What goes with unhappiness, and before and after a change, in words. Associations, and said as such."""

from clv_lib.analysis.answers import HAPPY, UNHAPPY
from clv_lib.analysis.unhappiness import Outcome, Stake, Unhappiness
from clv_lib.errors import CannotEstimateError
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_gains import shares_with_ranges
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import MASS, MOODS_OF, QUESTIONS, Values, labelled, wanting
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, share


def unhappiness(found: Unhappiness | CannotEstimateError, hanging: Stake | None, currency: str) -> tuple[Element, ...]:
    """Who leaves, what is spent, and what customers are worth, by what they answered."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "cost")
    shown: list[Element] = [Paragraph((_gone(found),)), _chart(found), _table(found, currency)]
    money_said = [each for each in (_spent(found, currency), _value(found, currency)) if each is not None]
    if money_said:
        shown.append(Paragraph(tuple(money_said)))
    if hanging is not None:
        shown.append(Paragraph(_stake(found, hanging, currency)))
    note = say(
        "This is an association and no effect: customers of the same stage and the same time with us are compared, as "
        "they stood on the day of their answer, but the unhappy may differ in what no table holds. What making them "
        "happy would change, only a test with a control group tells."
    )
    shown.append(Paragraph((note,), role="note"))
    return tuple(shown)


def verb_gone(found: Unhappiness) -> Sentence:
    """What leaving is called here."""
    return say("cancelled") if found.contractual else say("bought nothing")


def _gone(found: Unhappiness) -> Sentence:
    names, gap = MOODS_OF[found.instrument], found.gone.difference
    table = found.gone.table.set_index("mood")
    values: Values = {
        "unhappy": names[UNHAPPY],
        "happy": names[HAPPY],
        "gone": verb_gone(found),
        "days": count(found.horizon),
        "theirs": share(float(table["mean"][UNHAPPY])),
        "others": share(float(table["mean"][HAPPY])),
        "gap": number(100 * gap.mean),
        "low": number(100 * gap.low),
        "high": number(100 * gap.high),
    }
    if gap.low > 0:
        return say(
            "In the {days} days after their answer {theirs} of {unhappy} {gone}, against {others} of {happy} of the "
            "same stage and time with us: {gap} percentage points more, with {mass} certainty {low} to {high}.",
            mass=MASS,
            **values,
        )
    if gap.high < 0:
        return say(
            "In the {days} days after their answer {theirs} of {unhappy} {gone}, against {others} of {happy} of the "
            "same stage and time with us. That is fewer, not more: {gap} percentage points, with {mass} certainty "
            "{low} to {high}.",
            mass=MASS,
            **values,
        )
    return say(
        "In the {days} days after their answer {theirs} of {unhappy} {gone}, against {others} of {happy} of the same "
        "stage and time with us. The difference of {gap} percentage points may be chance: with {mass} certainty it "
        "lies from {low} to {high}.",
        mass=MASS,
        **values,
    )


def _chart(found: Unhappiness) -> Element:
    names = MOODS_OF[found.instrument]
    table = found.gone.table
    data = labelled(table.assign(share=table["mean"]), [names[str(mood)] for mood in table["mood"]])
    by = table.set_index("mood")["mean"]
    values: Values = {
        "unhappy": names[UNHAPPY],
        "happy": names[HAPPY],
        "theirs": share(float(by[UNHAPPY])),
        "others": share(float(by[HAPPY])),
        "gone": verb_gone(found),
        "days": count(found.horizon),
    }
    return shares_with_ranges(
        data,
        name="unhappiness",
        title=say("{theirs} of {unhappy} {gone} in the next {days} days, {others} of {happy}", **values),
        alt=say(
            "A bar with its range for each kind of answer: {others} of {happy} and {theirs} of {unhappy} {gone} in the "
            "{days} days after the answer.",
            **values,
        ),
        caption=say(
            "As if all three were of the same stages and the same time with us; whiskers hold {mass}. Question: "
            "{question}.",
            mass=MASS,
            question=QUESTIONS[found.instrument],
        ),
        x=say("what they answered"),
        y=say("share that cancelled") if found.contractual else say("share that bought nothing"),
    )


def _table(found: Unhappiness, currency: str) -> Table:
    names = MOODS_OF[found.instrument]
    columns = [
        say("Answer"),
        say("Customers watched"),
        say("Cancelled") if found.contractual else say("Bought nothing"),
        say("Made alike"),
        say("Range"),
    ]
    gone, spent, value = found.gone.table, found.spent, found.value
    if spent is not None:
        columns += [say("Spent in those days, made alike"), say("Range")]
    if value is not None:
        columns += [say("Profit to come, made alike"), say("Range")]
    rows: list[list[Quantity | Sentence]] = []
    for k, row in enumerate(rows_of(gone)):
        cells: list[Quantity | Sentence] = [
            names[row.mood],
            count(row.n),
            share(row.raw, 1),
            share(row.mean, 1),
            say("{low} to {high}", low=share(row.low, 1), high=share(row.high, 1)),
        ]
        for outcome in (spent, value):
            if outcome is not None:
                own = outcome.table.iloc[k]
                cells += [
                    money(float(own["mean"]), currency),
                    say(
                        "{low} to {high}",
                        low=money(float(own["low"]), currency),
                        high=money(float(own["high"]), currency),
                    ),
                ]
        rows.append(cells)
    return Table(
        say(
            "What came within {days} days after the answer, as it was and as if all were of the same stages and time "
            "with us; ranges hold {mass}",
            days=count(found.horizon),
            mass=MASS,
        ),
        tuple(columns),
        rows,
    )


def _apart(outcome: Outcome, currency: str) -> Values:
    gap = outcome.difference
    return {
        "gap": money(abs(gap.mean), currency),
        "low": money(gap.low, currency),
        "high": money(gap.high, currency),
        "mass": MASS,
    }


def _spent(found: Unhappiness, currency: str) -> Sentence | None:
    if found.spent is None:
        return None
    names, gap, values = MOODS_OF[found.instrument], found.spent.difference, _apart(found.spent, currency)
    who: Values = {"unhappy": names[UNHAPPY], "happy": names[HAPPY], "days": count(found.horizon)}
    if gap.high < 0:
        return say(
            "In those {days} days {unhappy} spent {gap} less than {happy} (difference {low} to {high}, {mass} "
            "certainty).",
            **who,
            **values,
        )
    if gap.low > 0:
        return say(
            "In those {days} days {unhappy} spent {gap} more than {happy} (difference {low} to {high}, {mass} "
            "certainty).",
            **who,
            **values,
        )
    return say(
        "What {unhappy} and {happy} spent in those {days} days does not differ beyond chance (difference {low} to "
        "{high}, {mass} certainty).",
        **who,
        **{name: values[name] for name in ("low", "high", "mass")},
    )


def _value(found: Unhappiness, currency: str) -> Sentence | None:
    if found.value is None:
        return None
    names, gap, values = MOODS_OF[found.instrument], found.value.difference, _apart(found.value, currency)
    who: Values = {"unhappy": names[UNHAPPY], "happy": names[HAPPY], "days": count(found.days)}
    if gap.high < 0:
        return say(
            "Of those who answered in the last {days} days, {unhappy} have {gap} less of profit to come today than "
            "{happy} (difference {low} to {high}, {mass} certainty).",
            **who,
            **values,
        )
    if gap.low > 0:
        return say(
            "Of those who answered in the last {days} days, {unhappy} have {gap} more of profit to come today than "
            "{happy} (difference {low} to {high}, {mass} certainty): those who buy much are asked and disappointed "
            "more often.",
            **who,
            **values,
        )
    return say(
        "Of those who answered in the last {days} days, {unhappy} and {happy} do not differ beyond chance in the "
        "profit to come today (difference {low} to {high}, {mass} certainty).",
        **who,
        **{name: values[name] for name in ("low", "high", "mass")},
    )


def _stake(found: Unhappiness, hanging: Stake, currency: str) -> tuple[Sentence, ...]:
    names, leavers = MOODS_OF[found.instrument], hanging.leavers
    values: Values = {
        "unhappy": names[UNHAPPY],
        "happy": names[HAPPY],
        "days": count(found.horizon),
        "n": count(max(leavers.mean, 0.0)),
        "low": count(max(leavers.low, 0.0)),
        "high": count(max(leavers.high, 0.0)),
        "mass": MASS,
    }
    if found.contractual:
        text = say(
            "If all of that came from unhappiness, {n} customers more cancel within {days} days than if {unhappy} "
            "left as rarely as {happy} (with {mass} certainty {low} to {high}).",
            **values,
        )
    else:
        text = say(
            "If all of that came from unhappiness, {n} customers more fall silent within {days} days than if "
            "{unhappy} left as rarely as {happy} (with {mass} certainty {low} to {high}).",
            **values,
        )
    if hanging.value is None:
        return (text,)
    worth = hanging.value
    return text, say(
        "So many customers are worth {value} of profit to come ({low} to {high}): the most that mending could keep, "
        "before what it costs.",
        value=money(max(worth.mean, 0.0), currency),
        low=money(max(worth.low, 0.0), currency),
        high=money(max(worth.high, 0.0), currency),
    )
