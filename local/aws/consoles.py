"""What machines wrote on their consoles, as GetConsoleOutput tells it.

Two things can be read: the console as it is now (Latest), and the posted buffer, which AWS writes "shortly
after an instance transition state" and seldom otherwise. Both outlive the machine.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

LIMIT = 64 * 1024
"""Bytes, the last of the console."""

POST_EVERY = 5.0
"""Seconds. On AWS it is minutes; what matters is that a reader cannot count on seeing every line at once."""


@dataclass
class _Console:
    read: Callable[[], bytes]
    posted: bytes | None = None
    due: float = field(default_factory=lambda: time.monotonic() + POST_EVERY)


class Consoles:
    """The consoles of all instances by id. Any thread may call."""

    def __init__(self) -> None:
        self._consoles: dict[str, _Console] = {}
        self._changing = Lock()

    def attach(self, instance: str, read: Callable[[], bytes]) -> None:
        """Read this instance's console by `read` from now on."""
        with self._changing:
            known = self._consoles.get(instance)
            self._consoles[instance] = _Console(read, known.posted if known else None)

    def detach(self, instance: str) -> None:
        """The machine goes: keep and post its last words."""
        last = self.read(instance, latest=True)
        with self._changing:
            self._consoles[instance] = _Console(lambda: last or b"", posted=last, due=float("inf"))

    def forget(self, instance: str) -> None:
        with self._changing:
            self._consoles.pop(instance, None)

    def post(self) -> None:
        """Renew the posted buffers that are due."""
        now = time.monotonic()
        for console in list(self._consoles.values()):
            if console.due <= now:
                console.posted = console.read()[-LIMIT:]
                console.due = now + POST_EVERY

    def read(self, instance: str, *, latest: bool) -> bytes | None:
        """The console's last 64 KiB; None when there is nothing yet."""
        console = self._consoles.get(instance)
        if console is None:
            return None
        return console.read()[-LIMIT:] if latest else console.posted
