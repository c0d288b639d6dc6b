"""The row of aws.ec2.SecurityGroup. Its rules are resources of their own (rules.py)."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local.provider import tags
from local.provider.table import Argument, Call, Resource, Timeouts, always
from local.provider.values import Properties
from local.provider.waiting import code, unless_missing

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import SecurityGroupTypeDef

NOT_FOUND = "InvalidGroup.NotFound"


def _create_group(call: Call) -> str:
    place = {"VpcId": call.inputs["vpcId"]} if "vpcId" in call.inputs else {}
    group = call.aws.ec2.create_security_group(
        GroupName=call.inputs["name"],
        Description=call.inputs["description"],
        TagSpecifications=tags.specifications(call, "security-group"),
        **place,
    )["GroupId"]
    try:
        _revoke_all_egress(call, group)
    except Exception:
        call.aws.ec2.delete_security_group(GroupId=group)
        raise
    return group


def _revoke_all_egress(call: Call, group: str) -> None:
    """AWS lets a new group out to everywhere; the real provider takes that away: egress is declared."""
    found = call.aws.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    ids = [rule["SecurityGroupRuleId"] for rule in found["SecurityGroupRules"] if rule["IsEgress"]]
    if ids:
        call.aws.ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=ids)


def _read_group(call: Call) -> Properties | None:
    answer = unless_missing(lambda: call.aws.ec2.describe_security_groups(GroupIds=[call.id]), NOT_FOUND)
    return _outputs(call, answer["SecurityGroups"][0]) if answer else None


def _outputs(call: Call, group: "SecurityGroupTypeDef") -> Properties:
    region, account = call.aws.region, call.aws.account
    return {
        "arn": f"arn:aws:ec2:{region}:{account}:security-group/{call.id}",
        "description": group["Description"],
        "name": group["GroupName"],
        "ownerId": group["OwnerId"],
        "region": region,
        "vpcId": group.get("VpcId", ""),
    } | tags.outputs(call, group.get("Tags", []))


def _delete_group(call: Call) -> None:
    """A group in use cannot go; its instances may still be on their way out."""
    call.wait.while_refused(
        lambda: unless_missing(lambda: call.aws.ec2.delete_security_group(GroupId=call.id), NOT_FOUND),
        _in_use,
        call.wait.seconds,
    )


def _in_use(error: ClientError) -> bool:
    return code(error) == "DependencyViolation"


GROUP = Resource(
    token="aws:ec2/securityGroup:SecurityGroup",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/securitygroup/",
    code="ec2/vpc_security_group.go",
    arguments=(
        Argument(name="description", default="Managed by Pulumi", replaces=always),
        Argument(name="name", autoname=True, replaces=always),
        tags.TAGS,
        Argument(name="vpcId", computed=True, replaces=always),
    ),
    outputs=("arn", "ownerId", "region", "vpcId"),
    create=_create_group,
    read=_read_group,
    update=tags.update_ec2,
    delete=_delete_group,
    timeouts=Timeouts(create=600, delete=900),
)
