"""How wrong the forecast was on customers it had not seen the future of, in words."""

import pandas as pd

from clv_lib import names
from clv_lib.analysis.backtest import Backtest, TotalForecast
from clv_lib.analysis.rehearsal import NoRehearsal, Rehearsal
from clv_lib.analysis.scores import ACTUAL, FORECAST
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots import observed_and_expected
from clv_lib.reporting.plots import tracking as tracking_plot
from clv_lib.reporting.summaries import Summary, cell_of, rows_of
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, refusal_sentence, say, share

FAMILY_TITLES = {"bg_nbd": say("BG/NBD"), "mbg_nbd": say("MBG/NBD"), "pareto_nbd": say("Pareto/NBD")}
METHODS = {
    **FAMILY_TITLES,
    "same_rate": say("Same rate as before"),
    "zero": say("Nobody comes back"),
    "last_period": say("Same as last period"),
}


def totals_and_tracking(rehearsal: Rehearsal | NoRehearsal, currency: str) -> tuple[Element, ...]:
    """Totals, and whether the curve bent where the customers did."""
    if isinstance(rehearsal, NoRehearsal):
        return (_not_rehearsed(rehearsal),)
    return (*totals(rehearsal.backtest, currency).elements, tracking(rehearsal.tracking))


def groups(rehearsal: Rehearsal | NoRehearsal) -> tuple[Element, ...]:
    """Whether the forecast was right for every kind of customer."""
    if isinstance(rehearsal, NoRehearsal):
        return ()
    return (by_frequency(rehearsal.backtest), tenths(rehearsal.backtest))


def scores_and_coverage(rehearsal: Rehearsal | NoRehearsal) -> tuple[Element, ...]:
    """Whether it was better than a rule, and whether its ranges held."""
    if isinstance(rehearsal, NoRehearsal):
        return ()
    return (*scores(rehearsal.backtest).elements, coverage(rehearsal.backtest))


def _not_rehearsed(refusal: NoRehearsal) -> Paragraph:
    return Paragraph((refusal_sentence(refusal.message, refusal.values),), role="note")


def missed(forecast: TotalForecast) -> Sentence:
    """How far a forecast total was from what came, and whether it had said so."""
    size = share(abs(forecast.missed_by), 1)
    inside = not missed_its_range(forecast)
    if forecast.missed_by >= 0:
        return (
            say("{size} too high, within the range it gave", size=size)
            if inside
            else say("{size} too high, outside the range it gave", size=size)
        )
    return (
        say("{size} too low, within the range it gave", size=size)
        if inside
        else say("{size} too low, outside the range it gave", size=size)
    )


def missed_its_range(forecast: TotalForecast) -> bool:
    """Whether what came lies outside the range that the forecast gave."""
    low, high = forecast.forecast.predictive_low, forecast.forecast.predictive_high
    return low is None or high is None or not low <= forecast.actual <= high


def trust_chip(forecast: TotalForecast) -> tuple[Sentence, bool]:
    """The backtest in one line, and whether it calls for care."""
    return say("Test forecast of revenue: {missed}", missed=missed(forecast)), missed_its_range(forecast)


def totals(result: Backtest, currency: str) -> Summary:
    """Forecast and actual totals of the holdout."""
    rows: list[list[Quantity | Sentence]] = []
    for label, forecast, write in (
        (say("Purchase days"), result.purchases, count),
        (say("Revenue"), result.revenue, lambda value: money(value, currency)),
    ):
        estimate = forecast.forecast
        rows.append(
            [
                label,
                write(estimate.mean),
                write(estimate.predictive_low or 0),
                write(estimate.predictive_high or 0),
                write(forecast.actual),
                missed(forecast),
            ]
        )
    text = say(
        "Fitted to the first part of the log alone, the model forecast {forecast} purchase "
        "days for the {weeks} weeks that followed; "
        "{actual} came. Of revenue it forecast {money_forecast}; {money_actual} came.",
        forecast=count(result.purchases.forecast.mean),
        actual=count(result.purchases.actual),
        weeks=number(result.holdout_weeks, 0),
        money_forecast=money(result.revenue.forecast.mean, currency),
        money_actual=money(result.revenue.actual, currency),
    )
    table = Table(
        say(
            "Forecast and outcome for {n} customers over {weeks} weeks; the range holds 90 % of futures",
            n=count(result.customers),
            weeks=number(result.holdout_weeks, 0),
        ),
        (say("Total"), say("Forecast"), say("Low"), say("High"), say("Came"), say("Forecast was")),
        rows,
    )
    return Summary(table, (Paragraph((text,)),))


def scores(result: Backtest) -> Summary:
    """The model beside three rules that need none."""
    rivals = result.scores.drop(index=result.family)
    best = str(rivals["rmse"].idxmin())
    text = say(
        "Per customer the model misses by {rmse} purchase days (root mean square); the "
        "best of three simple rules, “{rival}”, misses "
        "by {rival_rmse}. The mean absolute error alone would favour whoever predicts "
        "zero, because most customers do not come back.",
        rmse=number(cell_of(result.scores, result.family, "rmse"), 2),
        rival=METHODS[best],
        rival_rmse=number(cell_of(rivals, best, "rmse"), 2),
    )
    table = Table(
        say("Errors per customer, in purchase days over the holdout; ranking from 0 (blind) to 1 (perfect)"),
        (
            say("Method"),
            say("Mean absolute error"),
            say("Root mean square"),
            say("Bias"),
            say("Rank correlation"),
            say("Gini"),
            say("Total"),
        ),
        [
            [
                METHODS[str(method)],
                number(row["mae"], 3),
                number(row["rmse"], 3),
                number(row["bias"], 3),
                number(row["rank_correlation"], 2),
                number(row["gini"], 2),
                count(row["total"]),
            ]
            for method, row in result.scores.iterrows()
        ],
    )
    return Summary(table, (Paragraph((text,)),))


def by_frequency(result: Backtest) -> Figure:
    """Forecast and actual by what the customers had done before."""
    table = result.by_frequency
    data = pd.DataFrame(
        {
            "label": table[names.FREQUENCY],
            "observed": table[ACTUAL],
            "expected": table[FORECAST],
            "low": table["predictive_low"],
            "high": table["predictive_high"],
        }
    )
    inside = int(((data["observed"] >= data["low"]) & (data["observed"] <= data["high"])).sum())
    return observed_and_expected(
        data,
        name="by-frequency",
        title=say(
            "In {inside} of {all} groups the holdout fell inside the forecast's range",
            inside=count(inside),
            all=count(len(data)),
        ),
        alt=say(
            "Bars of actual and points of forecast purchases in the holdout, by repeat "
            "purchases before. Customers without one bought "
            "{low} times (forecast {low_forecast}), those with the most {high} times (forecast {high_forecast}).",
            low=number(data["observed"].iloc[0], 2),
            low_forecast=number(data["expected"].iloc[0], 2),
            high=number(data["observed"].iloc[-1], 1),
            high_forecast=number(data["expected"].iloc[-1], 1),
        ),
        caption=say(
            "Mean purchase days per customer in the {weeks} weeks of the holdout; {n} "
            "customers; ranges hold 90 % of futures.",
            weeks=number(result.holdout_weeks, 0),
            n=count(result.customers),
        ),
        x=say("repeat purchases before the holdout"),
        y=say("purchase days per customer in the holdout"),
        observed=say("came"),
        expected=say("forecast, with its 90 % range"),
        write=lambda value: number(value, 1),
    )


def coverage(result: Backtest) -> Paragraph:
    """Whether the intervals held what they claim."""
    table = result.coverage
    own = table[table["what"] == "customer"].set_index("mass")
    return Paragraph(
        (
            say(
                "Of the customers, {held90} fell inside their own 90 % range and {held80} "
                "inside the 80 % range. Purchases are whole "
                "numbers, so these ranges claim to hold {claim90} and {claim80}.",
                held90=share(cell_of(own, 0.9, "covered"), 1),
                held80=share(cell_of(own, 0.8, "covered"), 1),
                claim90=share(cell_of(own, 0.9, "claimed"), 1),
                claim80=share(cell_of(own, 0.8, "claimed"), 1),
            ),
        )
    )


def tenths(result: Backtest) -> Table:
    """Forecast and actual by tenth of customers."""
    return Table(
        say("Customers in tenths by forecast; purchase days per customer in the holdout"),
        (say("Tenth"), say("Customers"), say("Forecast"), say("Came")),
        [
            [number(row.tenth), count(row.customers), number(row.forecast, 2), number(row.actual, 2)]
            for row in rows_of(result.tenths)
        ],
        bar=2,
    )


def tracking(table: pd.DataFrame) -> Figure:
    """Cumulative repeat purchases, forecast beside actual.

    Parameters
    ----------
    table : DataFrame
        As of :func:`clv_lib.analysis.tracking.cumulative_tracking`.
    """
    data = pd.DataFrame(
        {
            "week": table["week"],
            "actual": table["cumulative_actual"],
            "expected": table["cumulative_expected"],
            "low": table["cumulative_predictive_low"],
            "high": table["cumulative_predictive_high"],
        }
    )
    split = float(table.loc[table["in_calibration"], "week"].max())
    last = data.iloc[-1]
    gap = abs(last["expected"] / last["actual"] - 1) if last["actual"] else float("nan")
    values = {"gap": share(gap, 1), "weeks": count(last["week"])}
    above = last["expected"] >= last["actual"]
    title = (
        say("After {weeks} weeks the forecast stands {gap} above what came", **values)
        if above
        else say("After {weeks} weeks the forecast stands {gap} below what came", **values)
    )
    return tracking_plot(
        data,
        split=split,
        title=title,
        alt=say(
            "Two rising lines of cumulative repeat purchases: {expected} forecast and "
            "{actual} actual after {weeks} weeks. The fitting "
            "data end at week {split}.",
            expected=count(last["expected"]),
            actual=count(last["actual"]),
            weeks=count(last["week"]),
            split=count(split),
        ),
        caption=say("Cumulative repeat purchase days of all customers; the band holds 90 % of futures, week by week."),
        labels={
            "x": say("weeks since the first purchase in the log"),
            "y": say("cumulative repeat purchase days"),
            "actual": say("came"),
            "expected": say("forecast from the fitting data"),
            "split": say("fitting data end"),
        },
    )
