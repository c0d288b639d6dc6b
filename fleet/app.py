"""One app in the cloud: a component with everything that begins with its name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap import PackedSlug
from fleet import slugs
from fleet.accepted import Ledger, Summary
from fleet.arguments import Launch
from fleet.gate import Gates
from fleet.network import vpc_of
from fleet.offer import Offer
from fleet.process import Proof, declare_firewall, declare_instances, declare_rules
from fleet.release import Release
from manifest import Process, Settings


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the apps of one update have in common."""

    settings: Settings
    bucket: aws.s3.Bucket | None
    offer: Offer
    gates: Gates
    ledger: Ledger
    plan: pulumi.Stash


class AppComponent(pulumi.ComponentResource):
    """Declares an app's slug, role, firewalls, instances, gates and what was accepted.

    `summary`: what was accepted last, so after a failed rollout the stack's outputs still say what serves.
    """

    summary: pulumi.Output[Summary | None]

    def __init__(self, release: Release, shared: Shared) -> None:
        app = release.app
        super().__init__("compute-instances:fleet:App", f"{app.name}.app", {"app": app.name})
        profile, needs = self._access(release, shared)
        proofs = {
            process.name: self._process(process, release, shared, profile, needs) for process in app.processes
        }
        gates = [proof.gate for many in proofs.values() for proof in many]
        self.summary = shared.ledger.declare(release, _summary(release, proofs), gates, self)
        self.register_outputs({"summary": self.summary})

    def _access(
        self, release: Release, shared: Shared
    ) -> tuple[pulumi.Input[str] | None, list[pulumi.Resource]]:
        """The profile by which instances fetch a signed slug, and what must exist before they do."""
        if not release.slug.grant:
            return None, []
        profile, needs = slugs.declare_role(release.app, release.slug.grant, shared.settings, self)
        if isinstance(release.slug, PackedSlug):
            if not shared.bucket:
                raise LookupError(f"{release.app.name}: a packed slug, and no bucket for it")
            needs.append(slugs.declare_object(release.app, release.slug, shared.bucket, self))
        return profile.name, needs

    def _process(
        self,
        process: Process,
        release: Release,
        shared: Shared,
        profile: pulumi.Input[str] | None,
        needs: list[pulumi.Resource],
    ) -> list[Proof]:
        group = declare_firewall(process, vpc_of(process, shared.offer), shared.settings, self)
        rules = declare_rules(process, group, self)
        launch = Launch(
            process=process,
            script=release.scripts[process.name],
            settings=shared.settings,
            offer=shared.offer,
            security_group=group.id,
            profile=profile,
        )
        before = [*needs, *rules]
        return declare_instances(launch, shared.gates, needs=before, plan=shared.plan, parent=self)


def _summary(release: Release, proofs: Mapping[str, list[Proof]]) -> Summary:
    addresses = {
        process.name: _addresses(process, proofs[process.name])
        for process in release.app.processes
        if process.port
    }
    every = [proof for many in proofs.values() for proof in many]
    return {
        "addresses": pulumi.Output.all(**addresses).apply(_in_one_list),
        "instances": [proof.instance.id for proof in every],
        "versions": {name: script.version for name, script in release.scripts.items()},
        "counts": {name: len(many) for name, many in proofs.items()},
        "count": len(every),
    }


def _addresses(process: Process, proofs: Iterable[Proof]) -> pulumi.Output[list[str]]:
    instances = [proof.instance for proof in proofs]
    hosts = [one.public_ip if process.public_ip else one.private_ip for one in instances]
    return pulumi.Output.all(*hosts).apply(lambda known: [f"http://{host}:{process.port}" for host in known])


def _in_one_list(addresses: Mapping[str, list[str]]) -> list[str]:
    return [address for name in sorted(addresses) for address in addresses[name]]
