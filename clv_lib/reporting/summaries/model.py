"""Which model, whether its sampler can be trusted, and whether it looks like the data, in words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from clv_lib.models.checks import check_purchases, check_spend, prior_draws
from clv_lib.models.choice import TIE_STANDARD_ERRORS, FamilyChoice
from clv_lib.models.posterior import ESS_LIMIT, RHAT_LIMIT, Diagnostics, Posterior
from clv_lib.models.priors import Prior, priors_of
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots import observed_and_expected
from clv_lib.reporting.summaries import Summary, rows_of
from clv_lib.reporting.summaries.forecast import FAMILY_TITLES
from clv_lib.reporting.wording import Sentence, count, money, number, round_money, say, share, words
from clv_lib.settings import ModelSection

CHECK_DRAWS = 200  # simulated worlds per check; the ends of a 90 % range are then known to about 2 %

REASONS = {
    "stated": say("{family} is used because the settings ask for it."),
    "no_holdout": say("{family} is used: the log is too short to compare the families on a holdout."),
    "clear": say("{family} foresaw the holdout best, clearly better than any simpler family, so it is used."),
    "tie": say(
        "{family} is used: no other family foresaw the holdout clearly better, and it is the simplest of those."
    ),
}
MEANINGS = {
    "r": say("how alike customers are in their pace of buying"),
    "alpha": say("weeks that set the pace: the mean pace is r / alpha"),
    "a": say("chance to leave after a purchase: the mean is a / (a + b)"),
    "b": say("the other side of the chance to leave"),
    "s": say("how alike customers are in their rate of leaving"),
    "beta": say("weeks that set the rate of leaving: the mean is s / beta"),
    "p": say("how steady one customer's spend is"),
    "q": say("how alike customers are in their level of spend"),
    "v": say("sets the level of spend: the mean is p v / (q − 1)"),
}
LIMITS = {
    "rhat": say("the chains disagree (R-hat);"),
    "ess_bulk": say("too few effective draws in the middle;"),
    "ess_tail": say("too few effective draws in the tails;"),
    "divergences": say("the sampler diverged."),
}


def choice(found: FamilyChoice) -> tuple[Element, ...]:
    """Which family, and why."""
    reason = REASONS[found.reason]
    text = Paragraph((say(reason.message, family=FAMILY_TITLES[found.family]),))
    if found.table.empty:
        return (text,)
    table = Table(
        say(
            "Families at their most probable parameters given the first part of the log, "
            "judged on what the same customers did "
            "next; a lead counts from {errors} standard errors on",
            errors=number(TIE_STANDARD_ERRORS),
        ),
        (
            say("Family"),
            say("Log score"),
            say("Behind the best"),
            say("Standard error"),
            say("Purchase days forecast"),
            say("Came"),
            say("Root mean square"),
        ),
        [
            [
                FAMILY_TITLES[row.family],
                number(row.log_score, 1),
                number(-row.difference, 1),
                number(row.standard_error, 1),
                count(row.expected_purchases),
                count(row.actual_purchases),
                number(row.rmse, 3),
            ]
            for row in rows_of(found.table)
        ],
    )
    return Summary(table, (text,)).elements


def diagnostics(checks: Sequence[Diagnostics]) -> Paragraph:
    """Whether the draws may be used."""
    if all(check.trusted for check in checks):
        return Paragraph(
            (
                say(
                    "All {n} fits passed their checks: R-hat at most {rhat} (limit {limit}), at "
                    "least {ess} effective draws (limit "
                    "{least}), no divergence.",
                    n=count(len(checks)),
                    rhat=number(max(check.rhat_max for check in checks), 3),
                    limit=number(RHAT_LIMIT, 2),
                    ess=count(min(min(check.ess_bulk_min, check.ess_tail_min) for check in checks)),
                    least=count(ESS_LIMIT),
                ),
            )
        )
    broken = dict.fromkeys(reason for check in checks for reason in check.reasons)
    opening = say("The sampler did not pass its checks, so the figures that stand on it are withheld:")
    remedy = say("Run again with more draws ([model] draws, tune); if it stays so, the data do not identify the model.")
    return Paragraph((opening, *(LIMITS[reason] for reason in broken), remedy), role="banner")


def parameters(purchases: Posterior, spend: Posterior, currency: str) -> Table:
    """Posterior of the parameters, with what they mean."""
    rows: list[list] = []
    for posterior in (purchases, spend):
        for name, draws in posterior.draws().items():
            low, high = np.quantile(draws, [0.05, 0.95])
            values = (
                [money(value, currency) for value in (draws.mean(), low, high)]
                if name == "v"
                else [number(value, 3) for value in (draws.mean(), low, high)]
            )
            rows.append([words(name), MEANINGS[name], *values])
    return Table(
        say("Parameters given the whole log: mean and 90 % interval; time in weeks"),
        (say("Parameter"), say("Meaning"), say("Mean"), say("Low"), say("High")),
        rows,
    )


def predictive_checks(
    purchases: Posterior,
    spend: Posterior,
    tables: Mapping[str, pd.DataFrame],
    *,
    model: ModelSection,
    currency: str,
) -> tuple[Element, ...]:
    """Worlds simulated from the posterior beside the data, and what the priors alone would have said."""
    rng = np.random.default_rng(model.seed)
    bought = check_purchases(
        purchases.draws(CHECK_DRAWS, model.seed), tables["cells"], family=purchases.family, rng=rng
    )
    spent = check_spend(spend.draws(CHECK_DRAWS, model.seed), tables["spend_cells"], rng=rng)
    believed = check_purchases(
        prior_draws(purchases.family, priors_of(purchases.family, model.priors), n=CHECK_DRAWS, rng=rng),
        tables["cells"],
        family=purchases.family,
        rng=rng,
    )
    return (
        _purchases_figure(bought),
        _spend_figure(spent, currency),
        _before_the_data(believed, priors_of(purchases.family, model.priors)),
    )


def _purchases_figure(check: pd.DataFrame) -> Figure:
    labels = [str(value) for value in check["purchases"][:-1]] + [f"{check['purchases'].iloc[-1]}+"]
    data = check.assign(label=labels, expected=check["median"])
    gap = float(np.abs(data["observed"] - data["expected"]).max())
    return observed_and_expected(
        data,
        name="predictive-purchases",
        title=say(
            "The model's world differs from ours by at most {gap} percentage points in how often customers come back",
            gap=number(100 * gap, 1),
        ),
        alt=say(
            "Bars of observed and points of simulated shares of customers by repeat "
            "purchases; without one: observed {seen}, "
            "simulated {model}.",
            seen=share(data["observed"].iloc[0], 1),
            model=share(data["expected"].iloc[0], 1),
        ),
        caption=say(
            "Share of customers by repeat purchases, beside {n} simulated worlds; ranges hold 90 % of them.",
            n=count(CHECK_DRAWS),
        ),
        x=say("repeat purchase days"),
        y=say("share of customers"),
        observed=say("observed"),
        expected=say("simulated, with its 90 % range"),
        write=share,
    )


def _spend_figure(check: pd.DataFrame, currency: str) -> Figure:
    data = check.assign(label=[f"{100 * value:.0f}" for value in check["share"]], expected=check["median"])
    middle = data.iloc[int(np.argmin(np.abs(data["share"] - 0.5)))]
    return observed_and_expected(
        data,
        name="predictive-spend",
        title=say(
            "Half of the repeat customers spend less than {seen} a time; the model says {model}",
            seen=money(middle["observed"], currency),
            model=money(middle["expected"], currency),
        ),
        alt=say(
            "Bars of observed and points of simulated mean spend, by the share of repeat "
            "customers who spend less. At the median: "
            "observed {seen}, simulated {model}.",
            seen=money(middle["observed"], currency),
            model=money(middle["expected"], currency),
        ),
        caption=say(
            "Mean spend per repeat purchase day below which a share of customers lies; "
            "ranges hold 90 % of simulated worlds."
        ),
        x=say("percent of repeat customers who spend less"),
        y=say("mean spend per purchase day"),
        observed=say("observed"),
        expected=say("simulated, with its 90 % range"),
        write=lambda value: round_money(value, currency),
    )


def _before_the_data(check: pd.DataFrame, priors: Mapping[str, Prior]) -> Paragraph:
    """What the priors alone allow: wide, so that the data speak."""
    first = check.iloc[0]
    shown: Sentence = say(
        "Priors: {priors}.",
        priors=words("; ".join(f"{name} ~ {prior}" for name, prior in priors.items()), longest=2000),
    )
    return Paragraph(
        (
            say(
                "Before seeing the data, the model would have expected anything from {low} to "
                "{high} of the customers never to come "
                "back; {seen} did not. The priors leave the answer to the data.",
                low=share(first["low"]),
                high=share(first["high"]),
                seen=share(first["observed"]),
            ),
            shown,
        ),
        role="note",
    )
