"""The whole fleet of a stack."""

from collections.abc import Iterable, Mapping
from functools import partial

import pulumi
from pulumi.runtime import is_dry_run

from fleet.accepted import Ledger, Summary
from fleet.app import AppComponent, Shared
from fleet.config import provider_values
from fleet.gate import Gates
from fleet.lookups import Ec2Answers, look_up, running
from fleet.plan import FleetPlan
from fleet.preflight import require_possible
from fleet.release import releases_of
from fleet.session import ec2_client
from fleet.slugs import declare_bucket
from fleet.warnings import warn_of, warn_of_silence
from fleet.watcher import Ec2Eyes, Watcher
from manifest import App, Settings


class Fleet:
    """Declares every app of a stack. `summary`: for each app what was accepted last of it."""

    summary: Mapping[str, pulumi.Output[Summary | None]]

    def __init__(self, apps: Iterable[App], settings: Settings) -> None:
        releases = releases_of(apps, settings)
        answers = Ec2Answers(provider_values())
        region = look_up(settings.region, [release.app for release in releases], answers)
        require_possible(releases, settings, region, partial(running, settings, answers))
        warn_of_silence(region)
        plan = FleetPlan(releases, settings)
        shared = Shared(
            settings=settings,
            bucket=declare_bucket(settings, [release.slug for release in releases]),
            region=region,
            gates=Gates(Watcher(Ec2Eyes(partial(ec2_client, provider_values())))),
            ledger=Ledger(region),
            plan=plan.declare(behind=self._explained),
        )
        for process in (
            process for release in releases for process in release.app.processes if process.count
        ):
            warn_of(process, region)
        self.summary = {release.app.name: AppComponent(release, shared).summary for release in releases}

    def _explained(self) -> Iterable[pulumi.Output[Summary | None]]:
        """In a preview, which launches nothing, all is explained before it may be stopped."""
        return self.summary.values() if is_dry_run() else ()
