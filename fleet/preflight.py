"""What AWS would refuse is said before anything is declared, all of it at once; what is odd is warned of."""

from collections.abc import Iterable, Iterator, Sequence

import pulumi

from fleet import names
from fleet.faults import faults_of_access, faults_of_launch, faults_of_network
from fleet.lookups import Answers, look_up, present
from fleet.oddities import oddities_of_launch, oddities_of_offer
from fleet.offer import Offer
from fleet.release import Release
from manifest import ManifestError, Problem, Settings


def offer_for(releases: Sequence[Release], settings: Settings, answers: Answers) -> Offer:
    """What AWS offers these releases. Raises ManifestError with every fault of every app.

    Where all instances of a process are there, none is launched: what it names and is gone since (an image
    that its owner withdrew) is only warned of, for it must not stop the other apps.
    """
    offer = look_up(settings.region, [release.app for release in releases], answers)
    _refuse(faults_of_access(offer, settings))
    faults = [*_faults_of_launches(releases, offer)]
    there = present(settings, answers) if faults else frozenset()
    of_networks = _faults_of_networks(releases, offer, settings)
    _refuse([*of_networks, *(fault for instances, fault in faults if not instances <= there)])
    _warn(f"{fault}; its instances stay, but none could be launched again" for _, fault in faults)
    _warn(_oddities(releases, offer))
    return offer


def _faults_of_networks(releases: Iterable[Release], offer: Offer, settings: Settings) -> Iterator[Problem]:
    for release in releases:
        for process in release.app.processes:
            yield from faults_of_network(process, offer, settings)


def _faults_of_launches(
    releases: Iterable[Release], offer: Offer
) -> Iterator[tuple[frozenset[str], Problem]]:
    """Why an instance of a process could not be launched, each with the names of all its instances."""
    for release in releases:
        for process in release.app.processes:
            version = release.scripts[process.name].version
            instances = {names.instance(process, index, version) for index in range(process.count)}
            if instances:
                yield from ((frozenset(instances), fault) for fault in faults_of_launch(process, offer))


def _oddities(releases: Iterable[Release], offer: Offer) -> Iterator[str]:
    yield from oddities_of_offer(offer)
    for release in releases:
        for process in release.app.processes:
            if process.count:
                yield from oddities_of_launch(process, offer)


def _refuse(faults: Iterable[Problem]) -> None:
    if problems := [*faults]:
        raise ManifestError(problems)


def _warn(texts: Iterable[str]) -> None:
    for text in texts:
        pulumi.log.warn(text)
