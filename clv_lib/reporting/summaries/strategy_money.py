"""What more money or more risk would bring, and how to divide money between winning customers and keeping them."""

from clv_lib.analysis.acquire_or_keep import KEEP, Split
from clv_lib.analysis.tail_risk import WORST
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_strategy import frontier, now_and_best
from clv_lib.reporting.strategy_record import Strategy
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.acquisition import channel_name
from clv_lib.reporting.summaries.strategy import MASS
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, share, words


def more_money(found: Strategy | None, currency: str) -> tuple[Element, ...]:
    """Profit against budget, and what the next unit brings."""
    if found is None or found.plan.empty_because == "nobody" or len(found.budgets) < 2:
        return ()
    curve, made = found.budgets, found.plan
    best = curve.sort_values("profit").iloc[-1]
    if not best["profit"] > 0:
        return ()
    chart = frontier(
        curve,
        name="by_budget",
        column="budget",
        here=(made.limits.budget, made.expected.mean),
        currency=currency,
        title=_budget_title(found, currency),
        alt=say(
            "A curve of expected profit by budget, from nothing to {most}; it is highest at {profit}, with {spent} "
            "spent.",
            most=money(curve["budget"].max(), currency),
            profit=money(best["profit"], currency),
            spent=money(best["spent"], currency),
        ),
        caption=say(
            "Expected profit of the best plan for each budget, after the money itself; the band holds {mass}. The "
            "curve is flat where nothing more is worthwhile within the other limits.",
            mass=MASS,
        ),
        x=say("budget"),
        y=say("expected profit"),
        labels={"expected": say("best plan for the budget"), "plan": say("this plan")},
    )
    return Paragraph((marginal(found, currency),)), chart


def _budget_title(found: Strategy, currency: str) -> Sentence:
    if found.marginal.binding:
        return say(
            "More money would still earn: plays worth {needed} are waiting",
            needed=money(found.marginal.needed, currency),
        )
    return say("More money would not earn more: {needed} is enough", needed=money(found.marginal.needed, currency))


def marginal(found: Strategy, currency: str) -> Sentence:
    """What one more unit of budget brings."""
    value = found.marginal.value
    if not found.marginal.binding:
        return say(
            "One more unit of budget would bring nothing: all that is worthwhile within the other limits is in the "
            "plan."
        )
    return say(
        "Of the next {step}, every unit is expected to come back and to bring {value} on top, with {mass} certainty "
        "{low} to {high}.",
        step=money(found.marginal.step, currency),
        value=number(value.mean, 2),
        mass=MASS,
        low=number(value.low, 2),
        high=number(value.high, 2),
    )


def more_risk(found: Strategy | None, currency: str) -> tuple[Element, ...]:
    """Profit against the mean loss of the worst outcomes."""
    if found is None or found.plan.empty_because == "nobody":
        return ()
    curve = found.risks
    if len(curve) < 2:
        text = say(
            "Risk costs nothing here: even the worst {part} of outcomes of the best plan earn money.", part=share(WORST)
        )
        return (Paragraph((text,)),) if not found.plan.empty_because else ()
    safe, bold = curve.iloc[0], curve.iloc[-1]
    chart = frontier(
        curve,
        name="by_risk",
        column="worst",
        here=(found.plan.worst, found.plan.expected.mean),
        currency=currency,
        title=say(
            "Whoever may lose nothing earns {safe}, whoever may lose {risk} earns {bold}",
            safe=money(safe["profit"], currency),
            risk=money(bold["worst"], currency),
            bold=money(bold["profit"], currency),
        ),
        alt=say(
            "A curve of expected profit by the mean loss of the worst {part} of outcomes, from {safe} to {bold}.",
            part=share(WORST),
            safe=money(safe["profit"], currency),
            bold=money(bold["profit"], currency),
        ),
        caption=say(
            "The best plan within the budget for each limit on losses; the band holds {mass}. It comes from what is "
            "not known of the plays, so measuring them moves the curve.",
            mass=MASS,
        ),
        x=say("mean loss of the worst {part} of outcomes", part=share(WORST)),
        y=say("expected profit"),
        labels={"expected": say("best plan for the risk"), "plan": say("this plan")},
    )
    return (chart,)


def acquire_or_keep(found: Strategy | None, currency: str) -> tuple[Element, ...]:
    """Money for winning customers and for keeping them, now and at best."""
    if found is None:
        return ()
    if found.split is None:
        text = say(
            "How much to spend on winning customers cannot be said: nobody has recorded what each channel costs and "
            "whom it won."
        )
        return (Paragraph((text,)),)
    split, months = found.split, count(found.section.round_months)
    texts = [
        say(
            "In {months} months the plan and the channels that win customers take {money} together, {kept} of it for "
            "the plan; at best it would be {best}, and the whole would earn {gain} more.",
            months=months,
            money=money(split.money, currency),
            kept=share(split.part("now")),
            best=share(split.part("best")),
            gain=money(split.gain, currency),
        ),
        say(
            "What the next customer of a channel costs is believed, not measured: 1 % more money wins {returns} % more "
            "customers. A channel gets at most {most} times what it gets now, and nothing beyond the most to pay for a "
            "customer, the cautious end of its value. The value of a customer won is that of the months of the page on "
            "value, what the plan earns comes sooner.",
            returns=number(found.section.winning_returns, 1),
            most=number(found.section.winning_most, 1),
        ),
    ]
    chart = now_and_best(
        split.table.assign(label=split.table["channel"].map(_way)),
        currency=currency,
        title=_split_title(split),
        alt=say(
            "Two bars per way of spending money: now, and at best. Keeping: {now} now, {best} at best.",
            now=money(_of(split, "now"), currency),
            best=money(_of(split, "best"), currency),
        ),
        caption=say("Money for {months} months; the sum is the same before and after.", months=months),
        x=say("money"),
        y=say("way of spending it"),
        labels={"now": say("now"), "best": say("at best")},
    )
    return Paragraph(tuple(texts)), chart, _split_table(split, currency)


def _split_title(split: Split) -> Sentence:
    less = split.table[split.table["channel"] != KEEP].assign(change=lambda t: t["best"] - t["now"])
    if not (less["change"].abs() > 0).any():
        return say("No channel should get more or less than now")
    up, down = less.sort_values("change").iloc[-1], less.sort_values("change").iloc[0]
    if not (up["change"] > 0 > down["change"]):
        return say("Money moves between the plan and winning customers")
    return say(
        "Money earns more with {up} than with {down}",
        up=channel_name(str(up["channel"])),
        down=channel_name(str(down["channel"])),
    )


def _of(split: Split, column: str) -> float:
    return float(split.table.loc[split.table["channel"] == KEEP, column].iloc[0])


def _way(name: str) -> Sentence | Quantity:
    return say("Keeping: this plan") if name == KEEP else channel_name(name)


def _split_table(split: Split, currency: str) -> Table:
    def known(value: float) -> Quantity:
        return money(value, currency) if value == value else words("–")

    return Table(
        say(
            "What the next unit of money brings on top of itself, and what the next customer costs beside the most to "
            "pay"
        ),
        (
            say("Way of spending money"),
            say("Now"),
            say("At best"),
            say("Cost of a customer so far"),
            say("Of the next one"),
            say("Most to pay"),
            say("Next unit brings"),
        ),
        [
            [
                _way(row.channel),
                money(row.now, currency),
                money(row.best, currency),
                known(row.cost),
                known(row.next),
                known(row.most),
                number(row.brings, 2),
            ]
            for row in rows_of(split.table)
        ],
    )
