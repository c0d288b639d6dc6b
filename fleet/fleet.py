"""The whole fleet of a stack."""

from collections.abc import Iterable, Mapping
from functools import partial

import pulumi

from fleet.accepted import Ledger, Summary
from fleet.app import AppComponent, Shared
from fleet.config import provider_values
from fleet.gate import Gates
from fleet.release import Release, releases_of
from fleet.session import ec2_client
from fleet.slugs import declare_bucket
from fleet.watcher import Ec2Eyes, Watcher
from manifest import App, Settings


class Fleet:
    """Declares every app of a stack. `summary`: for each app what was accepted last of it."""

    summary: Mapping[str, pulumi.Output[Summary | None]]

    def __init__(self, apps: Iterable[App], settings: Settings) -> None:
        releases = releases_of(apps, settings)
        _warn_of_unreachable(releases)
        shared = Shared(
            settings=settings,
            bucket=declare_bucket(settings, [release.slug for release in releases]),
            gates=Gates(Watcher(Ec2Eyes(partial(ec2_client, provider_values())))),
            ledger=Ledger(),
        )
        self.summary = {release.app.name: AppComponent(release, shared).summary for release in releases}


def _warn_of_unreachable(releases: Iterable[Release]) -> None:
    for release in releases:
        for process in release.app.processes:
            if process.count and not process.allow_from:
                pulumi.log.warn(
                    f"{process.label}: nobody can reach port {process.port}, because allow_from is empty"
                )
