"""Six rounds with a known truth: what the strategy earns, and what three simple rules earn with the same money.

Run as ``python benchmarks/closed_loop.py``; takes about two minutes a world. Every world has customers and a truth of
its own (:mod:`clv_lib.data.simulate.true_plays`); who decides sees the log and nothing else. The simple rules choose
customers by value, by risk, or in an order that says nothing, and give each the play that the library believes to earn
most there. ``--measuring`` also lets them leave out control groups and learn from their own campaigns; ``--sampler``
lets the uplift model be sampled as on the pages, where otherwise its normal approximation stands in (minutes more).
The profit is the true one, in millions of Rp: what the treated are expected to bring because of it, less all it costs.
"""

import argparse
import time

import pandas as pd

from clv_lib.analysis.closed_loop import contest, margin_over_best, play_rounds
from clv_lib.analysis.loop_learning import SAMPLER, Believing, Measuring
from clv_lib.analysis.loop_rules import MEASURING, RULES, Rule

MILLION = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=12_000)
    parser.add_argument("--worlds", type=int, default=6)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--measuring", action="store_true")
    parser.add_argument("--sampler", action="store_true")
    arguments = parser.parse_args()
    rules: dict[str, tuple[Rule, bool]] = {name: (rule, name == "strategy") for name, rule in RULES.items()}
    if arguments.measuring:
        rules |= {f"{name}, measuring": (rule, True) for name, rule in MEASURING.items()}
    rows = []
    for seed in range(arguments.first, arguments.first + arguments.worlds):
        here = contest(arguments.customers, seed=seed)
        measuring = Measuring(here.plays, sampler=SAMPLER if arguments.sampler else None)
        for name, (rule, learns) in rules.items():
            began = time.process_time()
            found = play_rounds(here, rule, measuring if learns else Believing(here.plays))
            by_round = found.groupby("round")["profit"].sum() / MILLION
            spent = (found["cost"].sum() + found["given_away"].sum()) / here.budget / here.world.calendar.rounds
            rows.append({"rule": name, "world": seed, "profit": by_round.sum(), "contacts": found["treated"].sum(),
                         "spent": spent, "seconds": time.process_time() - began})  # fmt: skip
            print(f"world {seed}, {name}: " + " ".join(f"{each:.1f}" for each in by_round), flush=True)
    table = pd.DataFrame(rows)
    wide = table.pivot_table(index="rule", columns="world", values="profit", sort=False)
    summary = table.groupby("rule", sort=False).agg(
        mean=("profit", "mean"), sd=("profit", "std"), contacts=("contacts", "mean"), spent=("spent", "mean"),
        seconds=("seconds", "mean"),
    )  # fmt: skip
    with pd.option_context("display.width", 160):
        print("\nTrue incremental profit of six rounds, millions of Rp, by world:")
        print(wide.round(1).to_string())
        print("\nMean and spread over the worlds; contacts and share of the budget spent; processor time of a run:")
        print(summary.round(2).to_string())
    simple = {name: summary["mean"][name] for name in RULES if name != "strategy"}
    best = max(simple, key=lambda name: simple[name])
    ahead = margin_over_best(float(summary["mean"]["strategy"]), simple)
    print(f"\nBest simple rule: {best}. The strategy is {ahead:+.0%} of its profit ahead of it.")


if __name__ == "__main__":
    main()
