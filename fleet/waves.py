"""In which order the instances of a process start. Pure."""

from collections.abc import Sequence

from manifest import Deploy

Wave = tuple[int, ...]
"""Indexes of instances that start together."""


def waves_of(count: int, deploy: Deploy) -> tuple[Wave, ...]:
    """The waves of `count` instances: the canary, then at most max_parallel at a time, lowest index first."""
    canary = min(deploy.canary, count)
    size = _instances(deploy.max_parallel, count)
    starts = range(canary, count, size)
    rest = (tuple(range(start, min(start + size, count))) for start in starts)
    return tuple(wave for wave in (tuple(range(canary)), *rest) if wave)


def in_words(waves: Sequence[Wave]) -> str:
    """How they start: `1 first, then 2 at a time`; empty where all start together."""
    first, *rest = [len(wave) for wave in waves] or [0]
    if not rest:
        return ""
    if rest[0] == first:
        return _at_a_time(first)
    return f"{first} first, then {_at_a_time(rest[0]) if rest[1:] else rest[0]}"


def _at_a_time(size: int) -> str:
    return "one after the other" if size == 1 else f"{size} at a time"


def _instances(max_parallel: int | str, count: int) -> int:
    """A share is rounded down, to one at least."""
    if isinstance(max_parallel, int):
        return max_parallel
    return max(1, count * int(max_parallel.removesuffix("%")) // 100)
