"""What takes time is told to the person at the terminal: on stderr, a line per step with its seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

_WIDTH = 40
# A step that ends sooner needs no word while it runs.
_SLOW = 5.0


def say(text: str) -> None:
    """Write one line. Safe from several threads: lines never mix."""
    sys.stderr.write(f"  {text}\n")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Tell how long the body took, or that it failed; a slow one is told once while it runs."""
    started = time.monotonic()
    still_running = Timer(_SLOW, say, [f"{title} ..."])
    still_running.daemon = True
    still_running.start()
    outcome = "failed after "
    try:
        yield
        outcome = ""
    finally:
        still_running.cancel()
        say(f"{title} ".ljust(_WIDTH, ".") + f" {outcome}{time.monotonic() - started:.1f} s")
