"""What AWS would refuse is said before anything is declared: all of it at once, with file and line."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pulumi

from fleet import names
from fleet.faults import faults_of_launch, faults_of_network
from fleet.region import Region
from fleet.release import Release
from manifest import ManifestError, Problem, Settings

_ACCOUNT: Final = "aws:allowedAccountIds"

Running = Callable[[], frozenset[str]]
"""Tells the names of the stack's instances that are there."""


def require_possible(
    releases: Iterable[Release], settings: Settings, region: Region, running: Running
) -> None:
    """Raises ManifestError with every fault of every app.

    Where all instances of a process are there, none is launched: what it names and is gone since (an image
    that its owner withdrew) is only warned of, for it must not stop the other apps.
    """
    if problems := [*_of_account(settings, region)]:
        raise ManifestError(problems)
    launches = [*_launches(releases, region)]
    there = running() if any(faults for _, faults in launches) else frozenset()
    problems = [*_of_networks(releases, region, settings)]
    for instances, faults in launches:
        if instances <= there:
            _warn_of(faults)
        else:
            problems += faults
    if problems:
        raise ManifestError(problems)


def _of_account(settings: Settings, region: Region) -> Iterator[Problem]:
    """The provider would refuse it too, but later: in another account everything is missing."""
    if region.account not in {None, settings.account}:
        origin = settings.origin(_ACCOUNT)
        text = f"names {settings.account}, but these credentials are of account {region.account}"
        yield Problem(origin.file, origin.line, f"{_ACCOUNT}: {text}")


def _of_networks(releases: Iterable[Release], region: Region, settings: Settings) -> Iterator[Problem]:
    for release in releases:
        for process in release.app.processes:
            yield from faults_of_network(process, region, settings)


def _launches(releases: Iterable[Release], region: Region) -> Iterator[tuple[frozenset[str], list[Problem]]]:
    """For each process that has instances their names, and why none of them could be launched."""
    for release in releases:
        for process in release.app.processes:
            version = release.scripts[process.name].version
            instances = (names.instance(process, index, version) for index in range(process.count))
            if process.count:
                yield frozenset(instances), [*faults_of_launch(process, region)]


def _warn_of(faults: Iterable[Problem]) -> None:
    for fault in faults:
        pulumi.log.warn(f"{fault}; its instances run on, but none could be launched again")
