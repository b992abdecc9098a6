"""One stream of chance per room of the process, so that a new table does not reshuffle the others."""

from zlib import crc32

import numpy as np


def stream(seed: int, room: str, *, part: int = 0) -> np.random.Generator:
    """Random numbers of one room.

    Parameters
    ----------
    seed : int
        Of the whole simulation.
    room : str
        Which part of the process draws; the stream depends on its name, not on the order of the calls.
    part : int
        Tells streams of one room apart, as for generations of customers.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(crc32(room.encode()), part)))
