"""The rows of aws.vpc.SecurityGroupIngressRule and aws.vpc.SecurityGroupEgressRule."""

from typing import Any

from local.provider import tags
from local.provider.table import Argument, Call, Resource, always, when_it_comes_or_goes
from local.provider.values import Properties
from local.provider.waiting import unless_missing

NOT_FOUND = ("InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound")

_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")

_RULE_ARGUMENTS = (
    *(Argument(name=name, replaces=when_it_comes_or_goes(name)) for name in _SOURCES),
    Argument(name="description"),
    Argument(name="fromPort"),
    Argument(name="ipProtocol", required=True),
    Argument(name="securityGroupId", required=True, replaces=always),
    tags.TAGS,
    Argument(name="toPort"),
)


def _permission(inputs: Properties) -> dict[str, Any]:
    """The IpPermission of a rule: a list of one under the name of its kind of source."""
    kinds = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    text = {"Description": inputs["description"]} if "description" in inputs else {}
    sources = {kinds[key][0]: [{kinds[key][1]: inputs[key], **text}] for key in kinds if key in inputs}
    return {"IpProtocol": inputs["ipProtocol"], **_ports(inputs), **sources}


def _ports(inputs: Properties) -> dict[str, int]:
    """Protocol -1 is every port of every protocol, and takes no ports."""
    names = {"fromPort": "FromPort", "toPort": "ToPort"}
    return {theirs: inputs[ours] for ours, theirs in names.items() if ours in inputs}


def _create_ingress(call: Call) -> str:
    rules = call.aws.ec2.authorize_security_group_ingress(**_authorisation(call))["SecurityGroupRules"]
    return rules[0]["SecurityGroupRuleId"]


def _create_egress(call: Call) -> str:
    rules = call.aws.ec2.authorize_security_group_egress(**_authorisation(call))["SecurityGroupRules"]
    return rules[0]["SecurityGroupRuleId"]


def _authorisation(call: Call) -> dict[str, Any]:
    return {
        "GroupId": call.inputs["securityGroupId"],
        "IpPermissions": [_permission(call.inputs)],
        "TagSpecifications": tags.specifications(call, "security-group-rule"),
    }


def _read_rule(call: Call) -> Properties | None:
    answer = unless_missing(
        lambda: call.aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[call.id]), *NOT_FOUND
    )
    rules = answer["SecurityGroupRules"] if answer else []
    return _rule_outputs(call, rules[0]) if rules else None


def _rule_outputs(call: Call, rule: Any) -> Properties:  # noqa: ANN401 - a rule as the API describes it
    region, account = call.aws.region, call.aws.account
    known = {
        "arn": f"arn:aws:ec2:{region}:{account}:security-group-rule/{call.id}",
        "cidrIpv4": rule.get("CidrIpv4"),
        "cidrIpv6": rule.get("CidrIpv6"),
        "description": rule.get("Description"),
        "fromPort": rule.get("FromPort"),
        "ipProtocol": rule["IpProtocol"],
        "prefixListId": rule.get("PrefixListId"),
        "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId"),
        "region": region,
        "securityGroupId": rule["GroupId"],
        "securityGroupRuleId": call.id,
        "toPort": rule.get("ToPort"),
    }
    # AWS reports -1 for ports that nobody gave.
    absent = {
        key for key, value in known.items() if value is None or (value == -1 and key not in call.inputs)
    }
    reported = {key: value for key, value in known.items() if key not in absent}
    return reported | tags.outputs(call, rule.get("Tags", []))


def _update_rule(call: Call) -> None:
    tags.update_ec2(call)
    if not call.changed(*_SOURCES, "description", "fromPort", "ipProtocol", "toPort"):
        return
    inputs = call.inputs
    names = {"cidrIpv4": "CidrIpv4", "cidrIpv6": "CidrIpv6", "prefixListId": "PrefixListId"}
    names |= {"referencedSecurityGroupId": "ReferencedGroupId", "description": "Description"}
    request = {theirs: inputs[ours] for ours, theirs in names.items() if ours in inputs}
    rule: Any = {**request, "IpProtocol": inputs["ipProtocol"], **_ports(inputs)}
    call.aws.ec2.modify_security_group_rules(
        GroupId=inputs["securityGroupId"],
        SecurityGroupRules=[{"SecurityGroupRuleId": call.id, "SecurityGroupRule": rule}],
    )


def _delete_ingress(call: Call) -> None:
    _revoke(call, call.aws.ec2.revoke_security_group_ingress)


def _delete_egress(call: Call) -> None:
    _revoke(call, call.aws.ec2.revoke_security_group_egress)


def _revoke(call: Call, revoke: Any) -> None:  # noqa: ANN401 - one of two methods of a client
    group = call.state["securityGroupId"]
    unless_missing(lambda: revoke(GroupId=group, SecurityGroupRuleIds=[call.id]), *NOT_FOUND)


INGRESS_RULE = Resource(
    token="aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/vpc/securitygroupingressrule/",
    code="ec2/vpc_security_group_ingress_rule.go",
    arguments=_RULE_ARGUMENTS,
    outputs=("arn", "region", "securityGroupRuleId"),
    at_most_one=_SOURCES,
    create=_create_ingress,
    read=_read_rule,
    update=_update_rule,
    delete=_delete_ingress,
)

EGRESS_RULE = Resource(
    token="aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/vpc/securitygroupegressrule/",
    code="ec2/vpc_security_group_egress_rule.go",
    arguments=_RULE_ARGUMENTS,
    outputs=("arn", "region", "securityGroupRuleId"),
    at_most_one=_SOURCES,
    create=_create_egress,
    read=_read_rule,
    update=_update_rule,
    delete=_delete_egress,
)
