"""The whole fleet of a stack."""

from collections.abc import Iterable, Mapping
from functools import partial

import pulumi
from pulumi.runtime import is_dry_run

from fleet.accepted import Ledger, Summary
from fleet.app import AppComponent, Shared
from fleet.config import provider_values
from fleet.gate import Gates
from fleet.network import Networks
from fleet.plan import FleetPlan
from fleet.release import releases_of
from fleet.session import ec2_client
from fleet.slugs import declare_bucket
from fleet.types import InstanceTypes
from fleet.warnings import warn_of
from fleet.watcher import Ec2Eyes, Watcher
from manifest import App, Settings


class Fleet:
    """Declares every app of a stack. `summary`: for each app what was accepted last of it."""

    summary: Mapping[str, pulumi.Output[Summary | None]]

    def __init__(self, apps: Iterable[App], settings: Settings) -> None:
        releases = releases_of(apps, settings)
        types = InstanceTypes()
        networks = Networks(types)
        plan = FleetPlan(releases, settings)
        shared = Shared(
            settings=settings,
            bucket=declare_bucket(settings, [release.slug for release in releases]),
            networks=networks,
            gates=Gates(Watcher(Ec2Eyes(partial(ec2_client, provider_values())))),
            ledger=Ledger(types),
            plan=plan.declare(behind=lambda: [*types.asked(), *networks.asked(), *self._explained()]),
        )
        for process in (
            process for release in releases for process in release.app.processes if process.count
        ):
            warn_of(process, types)
        self.summary = {release.app.name: AppComponent(release, shared).summary for release in releases}

    def _explained(self) -> Iterable[pulumi.Output[Summary | None]]:
        """In a preview, which launches nothing, all is explained before it may be stopped."""
        return self.summary.values() if is_dry_run() else ()
