"""What a person would write by hand for APPS x EACH instances with a gate each: no files, versions or waves.

It declares as many resources of the same types, with the same arguments, as the program does for the fleet of
scale.py, hooks included, so that the program's own cost is what it takes longer.
"""

from pathlib import Path

import pulumi
import pulumi_aws as aws

APPS, EACH = (int(number) for number in Path("size").read_text().split())
SCRIPT = Path("script.sh").read_text()


async def nothing(_args: pulumi.ResourceHookArgs) -> None:
    """Where the program's gate waits and its explanation speaks."""


proved = pulumi.ResourceHook("proved", nothing)
explained = pulumi.ResourceHook("explained", nothing, opts=pulumi.ResourceHookOptions(on_dry_run=True))


def hooked(parent: pulumi.Resource, hook: pulumi.ResourceHook, **options: object) -> pulumi.ResourceOptions:
    binding = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
    return pulumi.ResourceOptions(parent=parent, hooks=binding, **options)


vpc = aws.ec2.get_vpc_output(default=True).id
subnet = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc]}]).ids[0]

for app in range(APPS):
    name = f"app-{app}"
    component = pulumi.ComponentResource("bench:index:App", name)
    inside = pulumi.ResourceOptions(parent=component)
    group = aws.ec2.SecurityGroup(
        f"{name}.group", description=name, vpc_id=vpc, tags={"app": name}, opts=inside
    )
    world = {"security_group_id": group.id, "cidr_ipv4": "0.0.0.0/0", "opts": inside}
    egress = aws.vpc.SecurityGroupEgressRule(f"{name}.egress", ip_protocol="-1", **world)
    ingress = aws.vpc.SecurityGroupIngressRule(
        f"{name}.ingress", ip_protocol="tcp", from_port=5000, to_port=5000, **world
    )
    gates = []
    for index in range(EACH):
        tags = dict.fromkeys(("Name", "project", "stack", "app", "process", "version"), f"{name}.{index}")
        instance = aws.ec2.Instance(
            f"{name}.{index}",
            ami="ami-0c0ffee0000000012",
            instance_type="t3.micro",
            subnet_id=subnet,
            user_data=SCRIPT,
            associate_public_ip_address=True,
            instance_initiated_shutdown_behavior="terminate",
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            root_block_device={
                "volume_size": 8,
                "volume_type": "gp3",
                "encrypted": True,
                "delete_on_termination": True,
            },
            vpc_security_group_ids=[group.id],
            tags=tags,
            volume_tags=tags,
            opts=pulumi.ResourceOptions(
                parent=component, depends_on=[egress, ingress], ignore_changes=["subnetId"]
            ),
        )
        gates.append(pulumi.Stash(f"{name}.{index}.gate", input=instance.id, opts=hooked(component, proved)))
    accepted = {"script": SCRIPT, "count": str(EACH)}
    pulumi.Stash(f"{name}.accepted", input=accepted, opts=hooked(component, explained, depends_on=gates))
