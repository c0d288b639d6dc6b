"""One process of an app: its firewall, its instances, and the gate of each."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pulumi
import pulumi_aws as aws
from pulumi.runtime import is_dry_run

from fleet import names
from fleet.arguments import IGNORED_LATER, Launch, instance_arguments
from fleet.gate import Gates
from fleet.judge import Expectation
from fleet.waves import waves_of
from manifest import Process, Settings


@dataclass(frozen=True)
class Proof:
    """An instance and its gate, together."""

    instance: aws.ec2.Instance
    gate: pulumi.Stash


def declare_firewall(
    process: Process, vpc: str, settings: Settings, parent: pulumi.Resource
) -> aws.ec2.SecurityGroup:
    """The security group, without a rule: rules are resources of their own; none is changed in place."""
    return aws.ec2.SecurityGroup(
        f"{process.label}.security-group",
        name=names.in_aws(settings, process.app, process.name),
        description=f"Instances of {process.label}",
        vpc_id=vpc,
        tags={**process.tags, **names.tags(settings, app=process.app, process=process.name)},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def declare_rules(
    process: Process, group: aws.ec2.SecurityGroup, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """Who may reach the port, and that instances may reach everything."""
    opts = pulumi.ResourceOptions(parent=parent)
    egress = aws.vpc.SecurityGroupEgressRule(
        f"{process.label}.egress",
        security_group_id=group.id,
        ip_protocol="-1",
        cidr_ipv4="0.0.0.0/0",
        description="everything",
        opts=opts,
    )
    port = process.port
    ingress = [_ingress(process, group, port, source, opts) for source in process.allow_from if port]
    return [egress, *ingress]


def _ingress(
    process: Process, group: aws.ec2.SecurityGroup, port: int, source: str, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    ipv6 = ":" in source
    return aws.vpc.SecurityGroupIngressRule(
        names.ingress(process, port, source),
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        cidr_ipv4=None if ipv6 else source,
        cidr_ipv6=source if ipv6 else None,
        description="allow_from",
        opts=opts,
    )


def declare_instances(
    launch: Launch,
    gates: Gates,
    *,
    needs: Sequence[pulumi.Resource],
    plan: pulumi.Stash,
    parent: pulumi.Resource,
) -> list[Proof]:
    """The instances of one version, each with its gate, in the order of their index.

    The first wave is launched when all that they need is there and the fleet's `plan` may be carried out,
    each other one when every gate of the wave before it has passed.
    """
    opts = pulumi.ResourceOptions(
        parent=parent, depends_on=list(needs), ignore_changes=_ignored(launch.process)
    )
    proofs: list[Proof] = []
    before = [plan]
    for wave in waves_of(launch.process.count, launch.process.deploy):
        turn = None if is_dry_run() else _passed(before)
        instances = {index: _declare_instance(launch, index, turn, opts) for index in wave}
        before = [gates.declare(_wanted(launch, index), one.id, parent) for index, one in instances.items()]
        proofs += map(Proof, instances.values(), before)
    return proofs


def _ignored(process: Process) -> list[str]:
    return [] if process.subnets else [*IGNORED_LATER]


def _passed(stashes: Iterable[pulumi.Stash]) -> Awaitable[object]:
    """Done when the hooks of all have passed. Any number may wait for it."""
    return asyncio.gather(*(stash.urn.future() for stash in stashes))


def _declare_instance(
    launch: Launch, index: int, turn: Awaitable[object] | None, opts: pulumi.ResourceOptions
) -> aws.ec2.Instance:
    name = names.instance(launch.process, index, launch.script.version)
    return aws.ec2.Instance(name, **instance_arguments(launch, index, turn), opts=opts)


def _wanted(launch: Launch, index: int) -> Expectation:
    process, version = launch.process, launch.script.version
    return Expectation(
        app=process.app,
        name=names.instance(process, index, version),
        version=version,
        deadline=timedelta(seconds=process.deploy.healthy_deadline),
    )
