"""Chains of merges, their circles and forks."""

import random

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest

from clv_lib.data.merging import resolve_merges
from clv_lib.errors import DataError


def pairs(*steps: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(steps, columns=["old_id", "new_id"], dtype="str")


def resolved(frame) -> dict[str, str]:
    found = resolve_merges(frame)
    return dict(zip(found["old_id"], found["new_id"], strict=True))


def test_chains_are_followed_to_their_end():
    assert resolved(pairs(("A", "B"), ("B", "C"), ("X", "C"))) == {"A": "C", "B": "C", "X": "C"}


def test_an_engine_frame_is_as_good_as_a_pandas_one():
    frame = nw.from_native(duckdb.connect().from_arrow(pa.Table.from_pandas(pairs(("A", "B")))))
    assert resolved(frame) == {"A": "B"}


def test_no_merges_leave_an_empty_map():
    found = resolve_merges(pairs())
    assert list(found.columns) == ["old_id", "new_id"]
    assert found.empty


def test_repeated_pairs_and_self_merges_change_nothing():
    assert resolved(pairs(("A", "B"), ("A", "B"), ("B", "B"))) == {"A": "B"}


def test_a_circle_is_printed_once_whoever_runs_into_it():
    with pytest.raises(DataError, match=r"1 chain\(s\).*A -> B -> C -> A"):
        resolve_merges(pairs(("A", "B"), ("B", "C"), ("C", "A"), ("Z", "A")))


def test_an_id_merged_into_two_others_is_refused():
    with pytest.raises(DataError, match="A -> B and C"):
        resolve_merges(pairs(("A", "B"), ("A", "C")))


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 9, 300])
def test_long_chains_agree_with_a_walk_in_any_order(length):
    steps = [(f"n{k}", f"n{k + 1}") for k in range(length)]
    random.Random(length).shuffle(steps)
    assert resolved(pairs(*steps)) == {f"n{k}": f"n{length}" for k in range(length)}
