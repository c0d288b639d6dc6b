"""One process of an app: its firewall, its instances, and the gate of each."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import pulumi
import pulumi_aws as aws
from pulumi.runtime import is_dry_run

from fleet import names
from fleet.arguments import IGNORED_LATER, Launch, instance_arguments
from fleet.gate import Gates
from fleet.judge import Expectation
from fleet.waves import plan
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


def declare_instances(launch: Launch, gates: Gates, parent: pulumi.Resource) -> list[Proof]:
    """The instances of one version, each with its gate, in the order of their index.

    The first wave is launched when the fleet's plan may be carried out, each other one when every gate of the
    wave before it has passed.
    """
    proofs: list[Proof] = []
    before = [launch.plan]
    for wave in plan(launch.process.count, launch.process.deploy):
        turn = None if is_dry_run() else _passed(before)
        begun = [_declare_instance(launch, index, turn, gates, parent) for index in wave]
        proofs += begun
        before = [proof.gate for proof in begun]
    return proofs


def _passed(stashes: Iterable[pulumi.Stash]) -> Awaitable[object]:
    """Done when the hooks of all have passed. Any number may wait for it."""
    return asyncio.gather(*(stash.urn.future() for stash in stashes))


def _declare_instance(
    launch: Launch, index: int, turn: Awaitable[object] | None, gates: Gates, parent: pulumi.Resource
) -> Proof:
    process = launch.process
    name = names.instance(process, index, launch.script.version)
    ignored = [] if process.subnets else list(IGNORED_LATER)
    opts = pulumi.ResourceOptions(parent=parent, depends_on=list(launch.needs), ignore_changes=ignored)
    instance = aws.ec2.Instance(name, **instance_arguments(launch, index, turn), opts=opts)
    want = Expectation(
        app=process.app,
        name=name,
        version=launch.script.version,
        deadline=timedelta(seconds=process.deploy.healthy_deadline),
    )
    return Proof(instance, gates.declare(want, instance.id, parent))
