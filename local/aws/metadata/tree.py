"""What the metadata service tells one machine: a path for each fact. Pure.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html (categories)
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Leaf = str | bytes | Callable[[], str]
"""A value, or how to get it when it is asked for."""

Tree = Mapping[str, Leaf]
"""By paths without slash in front, as `meta-data/instance-id`."""


@dataclass(frozen=True, kw_only=True)
class Key:
    name: str
    material: str
    """The public half, in OpenSSH's form."""


@dataclass(frozen=True, kw_only=True)
class Role:
    name: str
    profile_arn: str
    profile_id: str
    credentials: Callable[[], str]
    """The JSON document of temporary credentials."""


@dataclass(frozen=True, kw_only=True)
class Network:
    interface: str
    mac: str
    private_ip: str
    public_ip: str | None
    subnet: str
    subnet_cidr: str
    vpc: str
    vpc_cidr: str
    groups: Mapping[str, str]
    """Names of the security groups by id."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """An instance as it may know itself."""

    id: str
    account: str
    region: str
    zone: str
    zone_id: str
    image: str
    type: str
    architecture: str
    reservation: str
    launch_index: int
    launched: str
    """ISO 8601, UTC."""
    hostname: str
    public_hostname: str | None
    network: Network
    key: Key | None
    role: Role | None
    user_data: bytes


def tree(facts: Facts) -> Tree:
    """Everything `facts` lets the service answer; what an instance does not have has no path."""
    branches: Mapping[str, Tree] = {
        "meta-data/placement": _placement(facts),
        f"meta-data/network/interfaces/macs/{facts.network.mac}": _interface(facts),
        "meta-data": {**_itself(facts), **_key(facts.key)},
        "meta-data/iam": _role(facts.role, facts.launched),
        "meta-data/services": {"domain": "amazonaws.com", "partition": "aws"},
        "dynamic/instance-identity": {"document": _document(facts)},
    }
    leaves = {f"{at}/{name}": leaf for at, branch in branches.items() for name, leaf in branch.items()}
    return {**leaves, "user-data": facts.user_data} if facts.user_data else leaves


def listing(tree: Tree, path: str) -> str | None:
    """The names below `path` as the service lists them, folders with a slash; None if there are none."""
    inside = f"{path}/" if path else ""
    below = [leaf.removeprefix(inside) for leaf in tree if leaf.startswith(inside)]
    folders = {f"{name.partition('/')[0]}/" for name in below if "/" in name}
    leaves = {name for name in below if "/" not in name and f"{name}/" not in folders}
    return "\n".join(sorted(folders | leaves)) or None


def _itself(facts: Facts) -> Tree:
    known = {
        "ami-id": facts.image,
        "ami-launch-index": str(facts.launch_index),
        "hostname": facts.hostname,
        "instance-id": facts.id,
        "instance-life-cycle": "on-demand",
        "instance-type": facts.type,
        "local-hostname": facts.hostname,
        "local-ipv4": facts.network.private_ip,
        "mac": facts.network.mac,
        "public-hostname": facts.public_hostname,
        "public-ipv4": facts.network.public_ip,
        "reservation-id": facts.reservation,
        "security-groups": "\n".join(facts.network.groups.values()),
    }
    return {name: value for name, value in known.items() if value is not None}


def _placement(facts: Facts) -> Tree:
    return {
        "availability-zone": facts.zone,
        "availability-zone-id": facts.zone_id,
        "region": facts.region,
    }


def _interface(facts: Facts) -> Tree:
    network = facts.network
    known = {
        "device-number": "0",
        "interface-id": network.interface,
        "local-hostname": facts.hostname,
        "local-ipv4s": network.private_ip,
        "mac": network.mac,
        "owner-id": facts.account,
        "public-hostname": facts.public_hostname,
        "public-ipv4s": network.public_ip,
        "security-group-ids": "\n".join(network.groups),
        "security-groups": "\n".join(network.groups.values()),
        "subnet-id": network.subnet,
        "subnet-ipv4-cidr-block": network.subnet_cidr,
        "vpc-id": network.vpc,
        "vpc-ipv4-cidr-block": network.vpc_cidr,
        "vpc-ipv4-cidr-blocks": network.vpc_cidr,
    }
    return {name: value for name, value in known.items() if value is not None}


def _key(key: Key | None) -> Tree:
    # The one folder whose list is not made of its names.
    return {"public-keys": f"0={key.name}", "public-keys/0/openssh-key": key.material} if key else {}


def _role(role: Role | None, launched: str) -> Tree:
    if role is None:
        return {}
    info = {
        "Code": "Success",
        "LastUpdated": launched,
        "InstanceProfileArn": role.profile_arn,
        "InstanceProfileId": role.profile_id,
    }
    return {"info": json.dumps(info, indent=2), f"security-credentials/{role.name}": role.credentials}


def _document(facts: Facts) -> str:
    document = {
        "accountId": facts.account,
        "architecture": facts.architecture,
        "availabilityZone": facts.zone,
        "imageId": facts.image,
        "instanceId": facts.id,
        "instanceType": facts.type,
        "pendingTime": facts.launched,
        "privateIp": facts.network.private_ip,
        "region": facts.region,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)
