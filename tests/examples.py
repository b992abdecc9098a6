"""How many examples a property is tried on.

Most properties here read a file through a database, at a quarter of a second per example. The usual run takes a few
examples of each, other ones every time, so that each run looks where the last one did not; what once failed is kept as
an ``@example``. ``HYPOTHESIS_PROFILE=thorough make test`` takes many: worth its minutes after a change to what is read.
"""

import os
from typing import Final

from hypothesis import HealthCheck, settings

THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def examples(usual: int, *, thorough: int, **more) -> settings:
    """Settings of a property: so many examples, however long each takes."""
    return settings(
        max_examples=thorough if THOROUGH else usual,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
