"""The rows of the functions a program may call: lookups, made in preview too."""

from collections.abc import Sequence
from typing import Any

from local.errors import LocalError
from local.provider import tags
from local.provider.session import Aws
from local.provider.table import Function
from local.provider.values import Properties

REGISTRY = "https://www.pulumi.com/registry/packages/aws/api-docs"

_VPC_FILTERS = {
    "cidrBlock": "cidr",
    "default": "is-default",
    "dhcpOptionsId": "dhcp-options-id",
    "state": "state",
}
_SUBNET_FILTERS = {
    "availabilityZone": "availability-zone",
    "availabilityZoneId": "availability-zone-id",
    "cidrBlock": "cidr-block",
    "defaultForAz": "default-for-az",
    "state": "state",
    "vpcId": "vpc-id",
}
"""Arguments that stand for a filter, and the filter's name (DescribeVpcs, DescribeSubnets)."""


def _filters(args: Properties, named: dict[str, str] | None = None) -> list[Any]:
    """All that narrows a lookup, as the API's filters: arguments of their own, tags, and filters as given."""
    own = {named[key]: [_text(value)] for key, value in args.items() if named and key in named}
    tagged = {f"tag:{key}": [value] for key, value in args.get("tags", {}).items()}
    given = {each["name"]: each["values"] for each in args.get("filters", ())}
    return [{"Name": name, "Values": values} for name, values in {**own, **tagged, **given}.items()]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _only(kind: str, found: Sequence[Any]) -> Any:  # noqa: ANN401 - a thing as the API describes it
    """The real provider's words: a lookup of one thing takes neither none nor several."""
    if not found:
        raise LocalError(f"no matching EC2 {kind} found")
    if len(found) > 1:
        raise LocalError(f"multiple EC2 {kind}s matched; use additional constraints to reduce matches to one")
    return found[0]


def _get_vpc(aws: Aws, args: Properties) -> Properties:
    ids = [args["id"]] if "id" in args else []
    vpc = _only("VPC", aws.ec2.describe_vpcs(VpcIds=ids, Filters=_filters(args, _VPC_FILTERS))["Vpcs"])
    return {
        "arn": f"arn:aws:ec2:{aws.region}:{aws.account}:vpc/{vpc['VpcId']}",
        "cidrBlock": vpc["CidrBlock"],
        "default": vpc["IsDefault"],
        "dhcpOptionsId": vpc["DhcpOptionsId"],
        "id": vpc["VpcId"],
        "instanceTenancy": vpc["InstanceTenancy"],
        "ownerId": vpc["OwnerId"],
        "region": aws.region,
        "state": vpc["State"],
        "tags": tags.as_map(vpc.get("Tags", [])),
    }


def _get_subnet(aws: Aws, args: Properties) -> Properties:
    ids = [args["id"]] if "id" in args else []
    found = aws.ec2.describe_subnets(SubnetIds=ids, Filters=_filters(args, _SUBNET_FILTERS))["Subnets"]
    subnet = _only("Subnet", found)
    return {
        "arn": subnet["SubnetArn"],
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet["AvailabilityZoneId"],
        "availableIpAddressCount": subnet["AvailableIpAddressCount"],
        "cidrBlock": subnet["CidrBlock"],
        "defaultForAz": subnet["DefaultForAz"],
        "id": subnet["SubnetId"],
        "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
        "ownerId": subnet["OwnerId"],
        "region": aws.region,
        "state": subnet["State"],
        "tags": tags.as_map(subnet.get("Tags", [])),
        "vpcId": subnet["VpcId"],
    }


def _get_subnets(aws: Aws, args: Properties) -> Properties:
    pages = aws.ec2.get_paginator("describe_subnets").paginate(Filters=_filters(args))
    ids = [subnet["SubnetId"] for page in pages for subnet in page["Subnets"]]
    return {"id": aws.region, "ids": ids, "region": aws.region, "tags": args.get("tags", {})}


def _get_offerings(aws: Aws, args: Properties) -> Properties:
    kind: Any = args.get("locationType", "region")
    pages = aws.ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType=kind, Filters=_filters(args)
    )
    offered = [offer for page in pages for offer in page["InstanceTypeOfferings"]]
    return {
        "id": aws.region,
        "instanceTypes": [offer["InstanceType"] for offer in offered],
        "locationTypes": [offer["LocationType"] for offer in offered],
        "locations": [offer["Location"] for offer in offered],
        "region": aws.region,
    }


def _get_type(aws: Aws, args: Properties) -> Properties:
    kind: Any = args["instanceType"]
    (found,) = aws.ec2.describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    processor = found.get("ProcessorInfo", {})
    return {
        "bareMetal": found["BareMetal"],
        "currentGeneration": found["CurrentGeneration"],
        "defaultVcpus": found["VCpuInfo"]["DefaultVCpus"],
        "hypervisor": found.get("Hypervisor", ""),
        "id": kind,
        "instanceType": kind,
        "memorySize": found["MemoryInfo"]["SizeInMiB"],
        "region": aws.region,
        "supportedArchitectures": processor.get("SupportedArchitectures", []),
    }


def _get_caller_identity(aws: Aws, _args: Properties) -> Properties:
    caller = aws.sts.get_caller_identity()
    account = caller["Account"]
    return {"accountId": account, "arn": caller["Arn"], "id": account, "userId": caller["UserId"]}


FUNCTIONS = (
    Function(
        token="aws:ec2/getVpc:getVpc",  # noqa: S106
        source=f"{REGISTRY}/ec2/getvpc/",
        arguments=frozenset({"id", "filters", "tags", *_VPC_FILTERS}),
        call=_get_vpc,
    ),
    Function(
        token="aws:ec2/getSubnet:getSubnet",  # noqa: S106
        source=f"{REGISTRY}/ec2/getsubnet/",
        arguments=frozenset({"id", "filters", "tags", *_SUBNET_FILTERS}),
        call=_get_subnet,
    ),
    Function(
        token="aws:ec2/getSubnets:getSubnets",  # noqa: S106
        source=f"{REGISTRY}/ec2/getsubnets/",
        arguments=frozenset({"filters", "tags"}),
        call=_get_subnets,
    ),
    Function(
        token="aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings",  # noqa: S106
        source=f"{REGISTRY}/ec2/getinstancetypeofferings/",
        arguments=frozenset({"filters", "locationType"}),
        call=_get_offerings,
    ),
    Function(
        token="aws:ec2/getInstanceType:getInstanceType",  # noqa: S106
        source=f"{REGISTRY}/ec2/getinstancetype/",
        arguments=frozenset({"instanceType"}),
        call=_get_type,
    ),
    Function(
        token="aws:index/getCallerIdentity:getCallerIdentity",  # noqa: S106
        source=f"{REGISTRY}/getcalleridentity/",
        arguments=frozenset(),
        call=_get_caller_identity,
    ),
)
