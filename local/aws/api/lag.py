"""How long what IAM was told takes to be known to all who ask it: on AWS seconds, here none unless asked for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

import time


class Lag:
    """Remembers when things were told."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self._told: dict[tuple[str, ...], float] = {}

    def told(self, *what: str) -> None:
        """It is told now."""
        self._told[what] = time.monotonic()

    def known(self, *what: str) -> bool:
        """Whether it was told long enough ago, or before we remember."""
        return time.monotonic() - self._told.get(what, float("-inf")) >= self.seconds
