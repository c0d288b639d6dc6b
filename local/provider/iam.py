"""The rows of aws.iam.Role, aws.iam.RolePolicy and aws.iam.InstanceProfile."""

import json
from typing import Any

from local.provider import tags
from local.provider.table import Argument, Call, Resource, always
from local.provider.values import Properties
from local.provider.waiting import unless_missing

MISSING = "NoSuchEntity"

_NAME = Argument(name="name", autoname=True, replaces=always)
_PATH = Argument(name="path", default="/", replaces=always)

_ROLE_SETTINGS = {"description": "Description", "maxSessionDuration": "MaxSessionDuration"}


def _create_role(call: Call) -> str:
    inputs = call.inputs
    settings: Any = {theirs: inputs[ours] for ours, theirs in _ROLE_SETTINGS.items() if ours in inputs}
    call.aws.iam.create_role(
        RoleName=inputs["name"],
        Path=inputs["path"],
        AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
        Tags=tags.as_list(inputs["tagsAll"]),
        **settings,
    )
    return str(inputs["name"])


def _read_role(call: Call) -> Properties | None:
    answer = unless_missing(lambda: call.aws.iam.get_role(RoleName=call.id), MISSING)
    if answer is None:
        return None
    role = answer["Role"]
    return {
        "arn": role["Arn"],
        "assumeRolePolicy": _document(role["AssumeRolePolicyDocument"], call.inputs.get("assumeRolePolicy")),
        "createDate": role["CreateDate"].isoformat(),
        "description": role.get("Description", ""),
        "forceDetachPolicies": call.inputs.get("forceDetachPolicies", False),
        "maxSessionDuration": role.get("MaxSessionDuration", 3600),
        "name": role["RoleName"],
        "path": role["Path"],
        "uniqueId": role["RoleId"],
    } | tags.outputs(call, role.get("Tags", []))


def _document(actual: object, given: object) -> str:
    """A policy in the program's own words, as long as AWS has one of the same meaning."""
    meaning = json.loads(actual) if isinstance(actual, str) else actual
    same = isinstance(given, str) and json.loads(given) == meaning
    return str(given) if same else json.dumps(meaning)


def _update_role(call: Call) -> None:
    iam, inputs = call.aws.iam, call.inputs
    if call.changed("assumeRolePolicy"):
        iam.update_assume_role_policy(RoleName=call.id, PolicyDocument=inputs["assumeRolePolicy"])
    if call.changed(*_ROLE_SETTINGS):
        settings: Any = {theirs: inputs[ours] for ours, theirs in _ROLE_SETTINGS.items() if ours in inputs}
        iam.update_role(RoleName=call.id, **{"Description": "", **settings})
    if lost := tags.gone(call):
        iam.untag_role(RoleName=call.id, TagKeys=lost)
    if call.changed("tagsAll") and inputs["tagsAll"]:
        iam.tag_role(RoleName=call.id, Tags=tags.as_list(inputs["tagsAll"]))


def _delete_role(call: Call) -> None:
    """Takes the role out of its profiles first, as the real provider does; its policies only if told to."""
    unless_missing(lambda: _take_apart(call), MISSING)


def _take_apart(call: Call) -> None:
    iam, name = call.aws.iam, call.id
    for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
        iam.remove_role_from_instance_profile(
            InstanceProfileName=profile["InstanceProfileName"], RoleName=name
        )
    if call.state.get("forceDetachPolicies"):
        _strip(call)
    iam.delete_role(RoleName=name)


def _strip(call: Call) -> None:
    iam, name = call.aws.iam, call.id
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)


ROLE = Resource(
    token="aws:iam/role:Role",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/iam/role/",
    code="iam/role.go",
    arguments=(
        Argument(name="assumeRolePolicy", required=True, document=True),
        Argument(name="description"),
        Argument(name="forceDetachPolicies", default=False),
        Argument(name="maxSessionDuration", default=3600),
        _NAME,
        _PATH,
        tags.TAGS,
    ),
    outputs=("arn", "createDate", "uniqueId"),
    create=_create_role,
    read=_read_role,
    update=_update_role,
    delete=_delete_role,
)


def _put_policy(call: Call) -> str:
    role, name = call.inputs["role"], call.inputs["name"]
    call.aws.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=call.inputs["policy"])
    return f"{role}:{name}"


def _read_policy(call: Call) -> Properties | None:
    role, _, name = call.id.partition(":")
    answer = unless_missing(lambda: call.aws.iam.get_role_policy(RoleName=role, PolicyName=name), MISSING)
    if answer is None:
        return None
    policy = _document(answer["PolicyDocument"], call.inputs.get("policy"))
    return {"name": name, "policy": policy, "role": role}


def _update_policy(call: Call) -> None:
    _put_policy(call)


def _delete_policy(call: Call) -> None:
    role, _, name = call.id.partition(":")
    unless_missing(lambda: call.aws.iam.delete_role_policy(RoleName=role, PolicyName=name), MISSING)


ROLE_POLICY = Resource(
    token="aws:iam/rolePolicy:RolePolicy",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/iam/rolepolicy/",
    code="iam/role_policy.go",
    arguments=(
        _NAME,
        Argument(name="policy", required=True, document=True),
        Argument(name="role", required=True, replaces=always),
    ),
    outputs=(),
    create=_put_policy,
    read=_read_policy,
    update=_update_policy,
    delete=_delete_policy,
)


def _create_profile(call: Call) -> str:
    name = call.inputs["name"]
    labels = tags.as_list(call.inputs["tagsAll"])
    call.aws.iam.create_instance_profile(InstanceProfileName=name, Path=call.inputs["path"], Tags=labels)
    return str(name)


def _settle_profile(call: Call) -> Properties | None:
    """Put in the role the program names; a profile holds one at most."""
    iam, wanted = call.aws.iam, call.inputs.get("role")
    profile = iam.get_instance_profile(InstanceProfileName=call.id)["InstanceProfile"]
    present = [role["RoleName"] for role in profile["Roles"]]
    for role in present:
        if role != wanted:
            iam.remove_role_from_instance_profile(InstanceProfileName=call.id, RoleName=role)
    if wanted and wanted not in present:
        iam.add_role_to_instance_profile(InstanceProfileName=call.id, RoleName=wanted)
    return _read_profile(call)


def _read_profile(call: Call) -> Properties | None:
    answer = unless_missing(lambda: call.aws.iam.get_instance_profile(InstanceProfileName=call.id), MISSING)
    if answer is None:
        return None
    profile = answer["InstanceProfile"]
    return {
        "arn": profile["Arn"],
        "createDate": profile["CreateDate"].isoformat(),
        "name": profile["InstanceProfileName"],
        "path": profile["Path"],
        "role": profile["Roles"][0]["RoleName"] if profile["Roles"] else "",
        "uniqueId": profile["InstanceProfileId"],
    } | tags.outputs(call, profile.get("Tags", []))


def _update_profile(call: Call) -> None:
    if lost := tags.gone(call):
        call.aws.iam.untag_instance_profile(InstanceProfileName=call.id, TagKeys=lost)
    if call.changed("tagsAll") and call.inputs["tagsAll"]:
        labels = tags.as_list(call.inputs["tagsAll"])
        call.aws.iam.tag_instance_profile(InstanceProfileName=call.id, Tags=labels)


def _delete_profile(call: Call) -> None:
    """IAM deletes only an empty profile."""
    iam, name, role = call.aws.iam, call.id, call.state.get("role")
    if role:
        unless_missing(
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role), MISSING
        )
    unless_missing(lambda: iam.delete_instance_profile(InstanceProfileName=name), MISSING)


INSTANCE_PROFILE = Resource(
    token="aws:iam/instanceProfile:InstanceProfile",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/iam/instanceprofile/",
    code="iam/instance_profile.go",
    arguments=(_NAME, _PATH, Argument(name="role"), tags.TAGS),
    outputs=("arn", "createDate", "uniqueId"),
    create=_create_profile,
    settle=_settle_profile,
    read=_read_profile,
    update=_update_profile,
    delete=_delete_profile,
)
