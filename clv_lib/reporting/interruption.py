"""What may end a run from outside: a signal, or its deadline."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

DEADLINE_PASSED: Final = 124
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM)


class Interrupted(BaseException):
    """The run must end now; not an Exception, so that nothing on the way takes it for a fault of its own."""

    def __init__(self, exit_code: int, status: str, sentence: str) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
        self.status = status
        self.sentence = sentence


@dataclass
class Interruption:
    """Collects the wish to end; :meth:`check` acts on it, and so does every moment inside :meth:`at_once`."""

    deadline_minutes: float
    started: float = field(default_factory=time.monotonic)
    _reason: Interrupted | None = None
    _at_once: bool = False

    @property
    def seconds(self) -> float:
        """Time since the run began."""
        return time.monotonic() - self.started

    @property
    def remaining(self) -> float:
        """Seconds until the deadline."""
        return 60 * self.deadline_minutes - self.seconds

    def check(self) -> None:
        """Raise :class:`Interrupted` when a signal came or the deadline passed."""
        if self._reason is None and self.remaining <= 0:
            self._reason = self._passed()
        if self._reason is not None:
            raise self._reason

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals as a wish to end, from here to the end of the block."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ignored = {each for each in _SIGNALS if signal.getsignal(each) is signal.SIG_IGN}  # as under nohup
        before = {each: signal.signal(each, self._heard) for each in _SIGNALS if each not in ignored}
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for each, handler in before.items():
                signal.signal(each, handler)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Act on a signal or the deadline in the middle of a long call, such as the rendering of pages."""
        self.check()
        if threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, max(self.remaining, 0.001))
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False
            if threading.current_thread() is threading.main_thread():
                signal.setitimer(signal.ITIMER_REAL, 0)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._reason is None:
            name = signal.Signals(number).name
            self._reason = (
                self._passed()
                if number == signal.SIGALRM
                else Interrupted(128 + number, "stopped", f"the run was stopped by {name}")
            )
        if self._at_once:
            self._at_once = False
            raise self._reason

    def _passed(self) -> Interrupted:
        minutes = f"{self.deadline_minutes:g} minute{'' if self.deadline_minutes == 1 else 's'}"
        return Interrupted(
            DEADLINE_PASSED,
            "timed_out",
            f"the run must end within {minutes}, but it did not; raise --deadline or see its log",
        )
