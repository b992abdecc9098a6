"""Skip by name what a machine cannot run, or fail where everything must run (CLV_REQUIRE_ALL=1)."""

import importlib.util
import os
import shutil

import pytest


def require(*names: str) -> None:
    """Go on only if each name is an importable module or a program on the path.

    A newcomer's machine skips, and says what is missing; with CLV_REQUIRE_ALL=1, as in CI, that is a failure.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None and shutil.which(name) is None]
    if missing:
        reason = f"needs {' and '.join(missing)}, not installed here"
        if os.environ.get("CLV_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
