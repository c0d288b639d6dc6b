"""Steps that need one another, run side by side."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter

from local.errors import LocalError


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to have."""

    name: str
    make: Callable[[], None]
    """Makes what is missing; at once and silent when it is all there. Raises LocalError."""
    needs: tuple[str, ...] = ()
    """Names of the steps that come before."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What did not work. Both empty: everything is there."""

    failed: Mapping[str, LocalError]
    untried: tuple[str, ...]
    """What needs a step that failed."""


def run(steps: Iterable[Step]) -> Outcome:
    """Run every step as soon as what it needs is there. A failure stops only what needs the failed step."""
    by_name = {step.name: step for step in steps}
    graph = TopologicalSorter({step.name: step.needs for step in by_name.values()})
    graph.prepare()
    waiting, failed = set(by_name), dict[str, LocalError]()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(max_workers=len(by_name)) as pool:
        while running or graph:
            ready = graph.get_ready()
            waiting.difference_update(ready)
            running |= {pool.submit(by_name[name].make): name for name in ready}
            if not running:
                break
            _collect(running, graph, failed)
    return Outcome(failed=failed, untried=tuple(sorted(waiting)))


def with_needs(steps: Iterable[Step], names: Iterable[str]) -> list[Step]:
    """The named steps and all that they need. Raises LocalError for a name that is none."""
    by_name = {step.name: step for step in steps}
    wanted, found = list(names), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in by_name:
            raise LocalError(f"there is no set-up step {name!r}", hint=f"there are {', '.join(by_name)}")
        found.add(name)
        wanted += by_name[name].needs
    return [step for step in by_name.values() if step.name in found]


def _collect(
    running: dict[Future[None], str], graph: TopologicalSorter[str], failed: dict[str, LocalError]
) -> None:
    ended, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in ended:
        name = running.pop(future)
        try:
            future.result()
        except LocalError as failure:
            failed[name] = failure
        else:
            graph.done(name)
