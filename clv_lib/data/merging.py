"""Merged accounts: which id stands for which, once chains are followed to their end.

A merge log grows over years, so an id may point to one that was itself merged later (A -> B, B -> C). Whoever joins on
the log once leaves such customers cut in two; here every old id gets the last id of its chain.
"""

from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.errors import DataError
from clv_lib.names import NEW_ID, OLD_ID

_SHOWN: Final = 5  # cycles or conflicts in one sentence


def resolve_merges(pairs: pd.DataFrame | nw.LazyFrame[Any], *, source: str = "tables.merges") -> pd.DataFrame:
    """Follow every chain of merges to its end.

    Pairs that say the same twice count once; an id merged with itself changes nothing and is left out.

    Parameters
    ----------
    pairs : DataFrame or narwhals.LazyFrame
        ``old_id``, ``new_id``; other columns are ignored.
    source : str
        The table's name, for the sentence when it is at fault.

    Returns
    -------
    DataFrame
        ``old_id``, ``new_id``: one row per id that is no longer used, with the id that stands for it now.

    Raises
    ------
    DataError
        An id is merged into two others, or the chains run in a circle; every circle is printed.
    """
    frame = pairs if isinstance(pairs, pd.DataFrame) else pairs.select(OLD_ID, NEW_ID).collect("pandas").to_native()
    frame = frame[[OLD_ID, NEW_ID]].astype("str").drop_duplicates()
    frame = frame[frame[OLD_ID] != frame[NEW_ID]].sort_values([OLD_ID, NEW_ID], ignore_index=True)
    _refuse_forks(frame, source)
    step = frame.set_index(OLD_ID)[NEW_ID]
    last = step
    for _ in range(len(step).bit_length()):  # each round doubles how far an id has been followed
        last = last.map(last).fillna(last)
    caught = last[last.isin(step.index)]
    if len(caught):
        cycles = _cycles({str(old): str(new) for old, new in step.items()}, [str(old) for old in caught.index])
        shown = "; ".join(" -> ".join(cycle) for cycle in cycles[:_SHOWN])
        raise DataError(
            f"{source} must lead every old id to one that is in use, but {len(cycles)} chain(s) of merges run in a "
            f"circle: {shown}{'; ...' if len(cycles) > _SHOWN else ''}. Usually a merge was undone and not removed "
            "from the log; delete the pair that is no longer true."
        )
    return last.rename(NEW_ID).reset_index()


def _refuse_forks(frame: pd.DataFrame, source: str) -> None:
    forks = frame[frame[OLD_ID].duplicated(keep=False)]
    if forks.empty:
        return
    listed = [f"{old} -> {' and '.join(news)}" for old, news in forks.groupby(OLD_ID)[NEW_ID]]
    raise DataError(
        f"{source} must merge each id into one other, but {len(listed)} id(s) have several: "
        f"{'; '.join(listed[:_SHOWN])}{'; ...' if len(listed) > _SHOWN else ''}. Keep the pair that is true."
    )


def _cycles(step: dict[str, str], starts: list[str]) -> list[list[str]]:
    """Circles that the starting ids run into, each once, closed by its first id again."""
    found: dict[frozenset[str], list[str]] = {}
    for start in starts:
        trail, at = [start], step[start]
        while at not in trail:
            trail.append(at)
            at = step[at]
        circle = trail[trail.index(at) :]
        found.setdefault(frozenset(circle), [*circle, at])
    return list(found.values())
