"""Waiting for AWS: polls with jitter, until a deadline or until the engine goes."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import ClientError

from local.errors import LocalError

T = TypeVar("T")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 3.0


def code(error: ClientError) -> str:
    """AWS's code of an error, such as `InvalidInstanceID.NotFound`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def unless_missing(call: Callable[[], T], *codes: str) -> T | None:
    """What `call` returns; None if AWS answers that the thing is not there, by one of `codes`."""
    try:
        return call()
    except ClientError as error:
        if code(error) not in codes:
            raise
        return None


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long one operation may wait; `stop` is set when the engine cancels or ends."""

    seconds: float
    stop: threading.Event

    def until(self, what: str, probe: Callable[[], T | None]) -> T:
        """The first answer of `probe` that is not None. Raises LocalError after the deadline or on `stop`."""
        end, pause = time.monotonic() + self.seconds, FIRST_PAUSE
        while (answer := probe()) is None:
            if time.monotonic() > end:
                raise LocalError(f"{what}: not within {self.seconds:.0f} s")
            # Many wait at once: without jitter all of them would ask at the same moment.
            if self.stop.wait(pause * random.uniform(0.75, 1.25)):  # noqa: S311
                raise LocalError(f"{what}: given up, the update was cancelled")
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return answer

    def while_refused(
        self,
        call: Callable[[], T],
        passing: Callable[[ClientError], bool],
        seconds: float,
    ) -> T:
        """`call`, again and again while AWS refuses it for a `passing` reason, for `seconds` at most."""
        end = time.monotonic() + min(seconds, self.seconds)

        def attempt() -> tuple[T] | None:
            try:
                return (call(),)
            except ClientError as error:
                if not passing(error) or time.monotonic() > end:
                    raise
                return None

        return self.until("AWS keeps refusing", attempt)[0]
