"""In which order the instances of a process start. Pure."""

from collections.abc import Sequence
from itertools import groupby

from manifest import Deploy

Wave = tuple[int, ...]
"""Indexes of instances that start together."""


def plan(count: int, deploy: Deploy) -> tuple[Wave, ...]:
    """The waves of `count` instances: the canary, then at most max_parallel at a time, lowest index first."""
    canary = min(deploy.canary, count)
    size = _instances(deploy.max_parallel, count)
    starts = range(canary, count, size)
    rest = (tuple(range(start, min(start + size, count))) for start in starts)
    return tuple(wave for wave in (tuple(range(canary)), *rest) if wave)


def in_words(waves: Sequence[Wave]) -> str:
    """How many start together, one wave after the other: `1, 4 x 2, 1`."""
    runs = [(size, sum(1 for _ in same)) for size, same in groupby(len(wave) for wave in waves)]
    return ", ".join(f"{times} x {size}" if times > 1 else str(size) for size, times in runs)


def _instances(max_parallel: int | str, count: int) -> int:
    """A share is rounded down, to one at least."""
    if isinstance(max_parallel, int):
        return max_parallel
    return max(1, count * int(max_parallel.removesuffix("%")) // 100)
