"""The whole fleet of a stack."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pulumi

from bootstrap import render, slug_of
from fleet.accepted import Ledger
from fleet.app import AppComponent, Release, Shared
from fleet.config import provider_values
from fleet.gate import Gates
from fleet.session import ec2_client
from fleet.slugs import declare_bucket
from fleet.watcher import Ec2Eyes, Watcher
from manifest import App, Settings


class Fleet:
    """Declares every app of a stack. `summary`: for each app its addresses, instances, versions and count."""

    summary: Mapping[str, pulumi.Output[Mapping[str, Any]]]

    def __init__(self, apps: Iterable[App], settings: Settings) -> None:
        releases = [_release(app, settings) for app in apps]
        _warn_of_unreachable(releases)
        shared = Shared(
            settings=settings,
            bucket=declare_bucket(settings, [release.slug for release in releases]),
            gates=Gates(Watcher(Ec2Eyes(partial(ec2_client, provider_values())))),
            ledger=Ledger(),
        )
        self.summary = {release.app.name: AppComponent(release, shared).summary for release in releases}


def _release(app: App, settings: Settings) -> Release:
    """Everything that can fail because of a file fails here, before anything is declared."""
    slug = slug_of(app, settings)
    scripts = {process.name: render(app, process, slug, settings) for process in app.processes}
    return Release(app=app, slug=slug, scripts=scripts)


def _warn_of_unreachable(releases: Iterable[Release]) -> None:
    for release in releases:
        for process in release.app.processes:
            if process.count and not process.allow_from:
                pulumi.log.warn(
                    f"{process.label}: nobody can reach port {process.port}, because allow_from is empty"
                )
