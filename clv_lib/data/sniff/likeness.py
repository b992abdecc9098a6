"""How alike two names are: by the words they share, whatever their case, accents and marks."""

import re
import unicodedata
from functools import lru_cache


def plain(name: str) -> str:
    """Words of a name in lower case, without marks, accents or camel humps."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    bare = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", bare.lower()).strip()


@lru_cache(maxsize=100_000)  # the same few names meet the same words for every table
def likeness(name: str, word: str) -> float:
    """Share of a name's words that a vocabulary word covers: 1 if they are the same, 0 if it is not in there.

    >>> likeness("Tanggal Pesanan", "tanggal"), likeness("OrderID", "order id"), likeness("amount", "order id")
    (0.5, 1.0, 0.0)
    """
    ours, theirs = _stems(plain(word)), _stems(plain(name))
    if not theirs or not ours:
        return 0.0
    if ours == theirs or "".join(ours) == "".join(theirs):
        return 1.0
    runs = (theirs[k : k + len(ours)] for k in range(len(theirs) - len(ours) + 1))
    return len(ours) / len(theirs) if any(run == ours for run in runs) else 0.0


def _stems(name: str) -> list[str]:
    """Words without the plural's s."""
    return [word.removesuffix("s") if len(word) > 3 else word for word in name.split()]


def closest(name: str, words: tuple[str, ...]) -> tuple[float, str]:
    """How much of a name the best of some words covers, and that word."""
    return max(((likeness(name, word), word) for word in words), key=lambda pair: pair[0], default=(0.0, ""))
