"""What can go wrong, by whose doing, and which exit code says so.

Every error of ours is a :class:`ClvError` and also the built-in that a caller would expect.
The sentence follows one pattern: what must hold, what was found (count and first offender),
what usually causes it, what to do.
"""


class ClvError(Exception):
    """Base of every error this suite raises on purpose; ``exit_code`` is what a scheduler sees."""

    exit_code = 1


class UsageError(ClvError, ValueError):
    """A command, parameter or path that cannot be meant; nothing was started."""

    exit_code = 2


class SettingsError(ClvError, ValueError):
    """``dataset.toml`` or an override breaks the settings' contract; nothing was started."""

    exit_code = 2


class DataError(ClvError, ValueError):
    """The data break their contract."""

    exit_code = 3


class DiagnosticsError(ClvError, RuntimeError):
    """The sampler did not converge, so the figures must not be used."""

    exit_code = 4


class CannotEstimateError(ClvError, ValueError):
    """These data cannot answer this question, however good they are; the rest of the run goes on.

    Parameters
    ----------
    message : str
        The sentence with ``{places}``; it stands on a page, so it is translated with the places open.
    **values : float or str
        What stands in the places.
    """

    exit_code = 0

    def __init__(self, message: str, /, **values: float | str) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values


class RunLockedError(ClvError, RuntimeError):
    """Another run of the same dataset holds the lock."""

    exit_code = 75


class AssumptionWarning(UserWarning):
    """A figure stands on an assumption that the data strain."""
