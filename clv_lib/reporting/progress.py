"""How far a run is, in one line per event."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

Echo = Callable[[str], None]


def say_line(line: str) -> None:
    """Print a line at once, also into a pipe; when its reader has gone, the run goes on without one."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@dataclass
class Progress:
    """Tells what happens; on a terminal it also shows, in one moving line, what is being waited for.

    Attributes
    ----------
    weights : mapping of str to float
        How long each notebook took last time, so that the share that is done means time.
    """

    echo: Echo
    weights: Mapping[str, float]
    terminal: TextIO | None = None
    done: set[str] = field(default_factory=set)
    _shown: float = 0.0

    def line(self, text: str) -> None:
        """One event."""
        self._wipe()
        self.echo(f"[{self._share():4.0%}] {text}")

    def finish(self, notebook: str) -> None:
        """Count a notebook as done."""
        self.done.add(notebook)

    def waiting(self, running: Iterable[tuple[str, float]]) -> None:
        """Show what is running and for how long, once a second and only on a terminal."""
        if self.terminal is None or time.monotonic() - self._shown < 1:
            return
        self._shown = time.monotonic()
        text = ", ".join(f"{name} {clock(seconds)}" for name, seconds in running)
        self.terminal.write(f"\r\033[K[{self._share():4.0%}] {text}")
        self.terminal.flush()

    def _share(self) -> float:
        total = sum(self.weights.values())
        return sum(self.weights[name] for name in self.done) / total if total else 1.0

    def _wipe(self) -> None:
        if self.terminal is not None and self._shown:
            self.terminal.write("\r\033[K")
            self.terminal.flush()


def terminal_or_none() -> TextIO | None:
    """Standard output when a person watches it."""
    return sys.stdout if sys.stdout.isatty() else None


def clock(seconds: float) -> str:
    """A duration as people say it."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
