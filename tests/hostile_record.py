"""A whole customer record in which every text that can be chosen freely tries to run, to break out or to break a page.

The company is the simulated one, so that ids still join and every page has something to say; only its words are
exchanged, each for a different text.
"""

import functools
import itertools
import json
from pathlib import Path

import pandas as pd

from clv_lib.data.simulate import Crm, simulate_crm
from clv_lib.data.simulate.writing import csv_text

LONG = 10_000
ROUNDS = 2
CUSTOMERS = 600  # enough for a model that can be trusted, so that every figure is shown
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.invalid","x")',
    "W" * LONG,
    "@SUM(A1:A9)",
    "two\nlines\r\nor three",
    "\"quoted\", comma; or 'single'",
    "\u202egnirts\u202c \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "{places} {0} %s %(x)d ${y}",
    "$x^2$ and $y_1$, $\\frac{",
    "</data></td></svg></style><img src=x onerror=alert(2)>",
    "+1+1",
    "\x1b[31mred\x07 bell \x01\x02",
    "\U0001f680\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301" + "\u0301" * 40,
    "-2+3",
    "]]>--><!-- &lt;b&gt; &amp;",
    "a\tb \\n \\",
    "very long words " * (LONG // 16),
    "javascript:alert(3)",
    '" onmouseover="alert(4)" x="',
    "\uff1dSUM(A1)",
)
PEOPLE = ("customer_id", "old_id", "new_id", "referrer_id", "referred_id")
ORDERS = ("order_id", "refund_of")
# words that mean something to us, or that the settings name: the rest of the vocabulary is the company's own
FIXED = {
    ("costs", "kind"),
    ("campaign_members", "arm"),
    ("feedback", "instrument"),
    ("value_survey", "side"),
    ("subscriptions", "billing_period"),
}
KEPT = ("GUEST", "response", "ticket")
HEADERS = {  # our name = a header that the export chose
    ("customers", "region"): "<b>=region</b>",
    ("feedback", "comment"): '@comment "{x}" %s',
    ("costs", "pool"): "</data>pool " + "h" * 300,
    ("transactions", "category"): "$x$ \u202eyrogetac",
}
ATTRIBUTE = "<img src=x onerror=alert(5)>"  # what the company calls an attribute of its customers


def hostile_texts(old: list[str], shift: int) -> dict[str, str]:
    """A different text for each word: all of HOSTILE in turn from ``shift`` on, after some rounds the short ones."""
    first = itertools.islice(itertools.cycle(HOSTILE), shift, shift + ROUNDS * len(HOSTILE))
    texts = itertools.chain(first, itertools.cycle([text for text in HOSTILE if len(text) < 100]))
    return {word: f"{text} {number}" for number, (word, text) in enumerate(zip(old, texts, strict=False))}


@functools.cache
def hostile_crm() -> Crm:
    """The simulated company with its words exchanged; the best customers, whom pages show, first of all."""
    crm = simulate_crm(CUSTOMERS, seed=5)
    spent = crm.tables["transactions"].groupby("customer_id")["amount"].sum().sort_values(ascending=False)
    accounts = [*spent.index, *crm.tables["merges"]["old_id"]]
    groups: dict[str, dict[str, str]] = {
        "people": hostile_texts([each for each in dict.fromkeys(accounts) if each not in KEPT], 0)
    }
    tables = {}
    for name, table in crm.tables.items():
        table = table.copy()
        for column in table.select_dtypes(include=["str", "object"]).columns:
            if (name, column) in FIXED or pd.api.types.is_bool_dtype(table[column].dropna().infer_objects()):
                continue
            group = "people" if column in PEOPLE else "orders" if column in ORDERS else column
            if name in ("customers", "costs") and column in ("acquisition_channel", "channel"):
                group = "paid channels"  # the ledger and the customers speak of the same ones
            words = groups.setdefault(group, {})
            new = [each for each in table[column].dropna().unique() if each not in words and each not in KEPT]
            words |= hostile_texts(new, len(groups) + len(words)) if group != "people" else {}
            table[column] = table[column].map(lambda each, words=words: words.get(each, each), na_action="ignore")
        tables[name] = table
    named = {channel: groups["paid channels"][channel] for channel in ("tv", "out_of_home", "referral")}
    return Crm(tables, {"channels": named, "onboarding": groups["pool"]["onboarding"]}, crm.truth_customers)


def hostile_shop(folder: Path) -> Path:
    """Write the company as files of which the settings name every column; returns the folder."""
    crm = hostile_crm()
    folder.mkdir(parents=True, exist_ok=True)
    said = [
        '[dataset]\nname = "hostile"\ntitle = ' + toml("<script>alert(9)</script> {x} $y$ & co"),
        'currency = "IDR"',
    ]
    said += ['timezone = "Asia/Jakarta"', "as_of = 2024-12-31"]
    for name, table in crm.tables.items():
        headers = {ours: HEADERS.get((name, ours), ours) for ours in table.columns}
        # through our own writer before the names change: it knows days and minutes by name
        text = csv_text(table)
        first = text.index("\n")
        header = pd.DataFrame(columns=list(headers.values())).to_csv(index=False, lineterminator="\n")
        (folder / f"{name}.csv").write_bytes((header + text[first + 1 :]).encode())
        mine = {ATTRIBUTE if ours == "persona" else ours: theirs for ours, theirs in headers.items()}
        said += [f'\n[tables.{name}]\npath = "{name}.csv"', f"[tables.{name}.columns]"]
        said += [f"{toml(ours)} = {toml(theirs)}" for ours, theirs in mine.items()]
    said += ["\n[costs]", f"onboarding = [{toml(crm.truth['onboarding'])}]", "onboarding_delay_months = 1"]
    said += [f"referral_channel = {toml(crm.truth['channels']['referral'])}"]
    for channel in ("tv", "out_of_home"):
        said += [f"\n[costs.channels.{toml(crm.truth['channels'][channel])}]", "acquisition_share = 0.8"]
    (folder / "dataset.toml").write_text("\n".join(said) + "\n", encoding="utf-8", newline="\n")
    return folder


def toml(text: str) -> str:
    """A text as TOML writes it: as JSON does, but emoji as they are."""
    return json.dumps(text, ensure_ascii=False)
