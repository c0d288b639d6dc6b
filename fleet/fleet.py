"""The whole fleet of a stack."""

from collections.abc import Iterable, Mapping

import pulumi
from pulumi.runtime import is_dry_run

from fleet.accepted import Ledger, Summary
from fleet.app import AppComponent, Shared
from fleet.config import provider_values
from fleet.gate import Gates
from fleet.lookups import Ec2Answers
from fleet.plan import FleetPlan
from fleet.preflight import offer_for
from fleet.release import releases_of
from fleet.session import Access
from fleet.slugs import declare_bucket
from fleet.watcher import Ec2Eyes, Watcher
from manifest import App, Settings


class Fleet:
    """Declares every app of a stack. `summary`: for each app what was accepted last of it."""

    summary: Mapping[str, pulumi.Output[Summary | None]]

    def __init__(self, apps: Iterable[App], settings: Settings) -> None:
        releases = releases_of(apps, settings)
        access = Access(provider_values())
        offer = offer_for(releases, settings, Ec2Answers(access))
        plan = FleetPlan(releases, settings)
        shared = Shared(
            settings=settings,
            bucket=declare_bucket(settings, [release.slug for release in releases]),
            offer=offer,
            gates=Gates(Watcher(Ec2Eyes(access))),
            ledger=Ledger(offer),
            plan=plan.declare(behind=self._explained),
        )
        self.summary = {release.app.name: AppComponent(release, shared).summary for release in releases}

    def _explained(self) -> Iterable[pulumi.Output[Summary | None]]:
        """In a preview, which launches nothing, all is explained before it may be stopped."""
        return self.summary.values() if is_dry_run() else ()
