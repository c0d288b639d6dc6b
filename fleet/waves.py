"""In which order the instances of a process start. Pure."""

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


def _instances(max_parallel: int | str, count: int) -> int:
    """A share is rounded down, to one at least."""
    if isinstance(max_parallel, int):
        return max_parallel
    return max(1, count * int(max_parallel.removesuffix("%")) // 100)
