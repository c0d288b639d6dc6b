"""The row of aws.ec2.Instance."""

import base64
from typing import Any

from botocore.exceptions import ClientError

from local.errors import LocalError
from local.provider import launch, tags
from local.provider.table import Argument, Call, GoneError, Resource, Timeouts, always, when
from local.provider.values import Properties
from local.provider.waiting import code, unless_missing

TOKEN = "aws:ec2/instance:Instance"  # noqa: S105

NOT_FOUND = "InvalidInstanceID.NotFound"

ENDS = frozenset({"shutting-down", "terminated"})
"""States from which an instance does not come back."""

PROFILE_SECONDS = 120
"""How long the real provider lets IAM take to tell EC2 of a new instance profile (its propagationTimeout)."""

_READDRESSED = ("publicIp", "publicDns")  # a stop and a start give another public address

ARGUMENTS = (
    Argument(name="ami", required=True, replaces=always),
    Argument(name="associatePublicIpAddress", replaces=always, computed=True),
    Argument(name="availabilityZone", replaces=always, computed=True),
    Argument(name="iamInstanceProfile", fixed=True, computed=True),
    Argument(name="instanceInitiatedShutdownBehavior", computed=True),
    Argument(name="instanceType", required=True, unsettles=_READDRESSED),
    Argument(name="keyName", replaces=always, computed=True),
    Argument(name="metadataOptions", computed=True, parts=frozenset(launch.METADATA_OPTIONS)),
    Argument(name="monitoring", fixed=True, computed=True),
    Argument(name="privateIp", replaces=always, computed=True),
    Argument(name="rootBlockDevice", fixed=True, computed=True, parts=frozenset(launch.ROOT_DEVICE)),
    Argument(name="subnetId", replaces=always, computed=True),
    tags.TAGS,
    Argument(name="userData", replaces=when("userDataReplaceOnChange"), unsettles=_READDRESSED),
    Argument(name="userDataBase64", replaces=when("userDataReplaceOnChange"), unsettles=_READDRESSED),
    Argument(name="userDataReplaceOnChange", default=False),
    Argument(name="volumeTags"),
    Argument(name="vpcSecurityGroupIds", computed=True, unordered=True),
)

OUTPUTS = (
    *("arn", "associatePublicIpAddress", "availabilityZone", "iamInstanceProfile"),
    *("instanceInitiatedShutdownBehavior", "instanceState", "keyName", "metadataOptions", "monitoring"),
    *("primaryNetworkInterfaceId", "privateDns", "privateIp", "publicDns", "publicIp", "region"),
    *("rootBlockDevice", "subnetId", "vpcSecurityGroupIds"),
)


def create(call: Call) -> str:
    """Start one machine; its profile may be younger than what EC2 knows of IAM."""
    request = launch.request(call.inputs, _root_device_name(call))
    specifications = launch.tag_specifications(call.inputs)

    def run() -> str:
        answer = call.aws.ec2.run_instances(**request, TagSpecifications=specifications)
        return answer["Instances"][0]["InstanceId"]

    return call.wait.while_refused(run, _profile_unknown, PROFILE_SECONDS)


def _profile_unknown(error: ClientError) -> bool:
    return code(error) == "InvalidParameterValue" and (
        "Invalid IAM Instance Profile" in str(error) or "has no associated IAM Roles" in str(error)
    )


def _root_device_name(call: Call) -> str:
    """Which device the image boots from: a launch names the root volume by it."""
    if "rootBlockDevice" not in call.inputs:
        return ""
    images = call.aws.ec2.describe_images(ImageIds=[call.inputs["ami"]])["Images"]
    return images[0].get("RootDeviceName", "") if images else ""


def settle(call: Call) -> Properties:
    """Wait until the machine runs, as the real provider does."""
    instance = call.wait.until(f"{call.id} is to run", lambda: _running(_described(call)))
    return {**launch.outputs(call, instance, _root_volume(call, instance)), **_as_asked(call)}


def _as_asked(call: Call) -> Properties:
    """What only a call of its own would tell, and was just given."""
    names = ("instanceInitiatedShutdownBehavior", "userData", "userDataBase64")
    asked = {name: call.inputs[name] for name in names if name in call.inputs}
    return {"instanceInitiatedShutdownBehavior": "stop"} | asked


def _running(instance: dict[str, Any] | None) -> dict[str, Any] | None:
    """The machine once it runs, or has run: what stopped itself after that did start. None: not yet."""
    if instance is None or instance["State"]["Name"] == "pending":
        return None
    reason = instance.get("StateReason", {})
    if instance["State"]["Name"] == "running" or reason.get("Code") == "Client.InstanceInitiatedShutdown":
        return instance
    why = reason.get("Message") or instance.get("StateTransitionReason") or "AWS gives no reason"
    failure = GoneError if instance["State"]["Name"] in ENDS else LocalError
    raise failure(f"{instance['InstanceId']} is {instance['State']['Name']} and never ran: {why}")


def _described(call: Call) -> dict[str, Any] | None:
    """What EC2 says of the instance. It may not know an instance yet that it has just started."""
    answer = unless_missing(lambda: call.aws.ec2.describe_instances(InstanceIds=[call.id]), NOT_FOUND)
    reservations = answer["Reservations"] if answer else []
    found = [dict(each) for group in reservations for each in group["Instances"]]
    return found[0] if found else None


def read(call: Call) -> Properties | None:
    """An instance that ends is no instance: the next update makes a new one."""
    instance = _described(call)
    if instance is None or instance["State"]["Name"] in ENDS:
        return None
    return {**launch.outputs(call, instance, _root_volume(call, instance)), **_attributes(call)}


def _attributes(call: Call) -> Properties:
    ec2 = call.aws.ec2
    behaviour = ec2.describe_instance_attribute(
        InstanceId=call.id, Attribute="instanceInitiatedShutdownBehavior"
    )["InstanceInitiatedShutdownBehavior"]
    data = ec2.describe_instance_attribute(InstanceId=call.id, Attribute="userData").get("UserData", {})
    shutdown = {"instanceInitiatedShutdownBehavior": behaviour.get("Value", "stop")}
    return shutdown | launch.user_data_outputs(call.inputs, data.get("Value", ""))


def _root_volume(call: Call, instance: dict[str, Any]) -> dict[str, Any]:
    """The volume the machine boots from; empty when it is gone already."""
    root = instance.get("RootDeviceName")
    for mapping in instance.get("BlockDeviceMappings", ()):
        if mapping["DeviceName"] == root:
            return {**mapping["Ebs"], **_volume(call, mapping["Ebs"]["VolumeId"]), "DeviceName": root}
    return {}


def _volume(call: Call, volume: str) -> dict[str, Any]:
    answer = unless_missing(
        lambda: call.aws.ec2.describe_volumes(VolumeIds=[volume]), "InvalidVolume.NotFound"
    )
    return dict(answer["Volumes"][0]) if answer else {}


def _volumes(call: Call) -> list[str]:
    mappings = (_described(call) or {}).get("BlockDeviceMappings", ())
    return [mapping["Ebs"]["VolumeId"] for mapping in mappings]


def update(call: Call) -> None:
    ec2, wanted = call.aws.ec2, call.inputs
    tags.update_ec2(call)
    if call.changed("volumeTags"):
        tags.retag(call, "volumeTags", _volumes(call))
    if call.changed("vpcSecurityGroupIds"):
        ec2.modify_instance_attribute(InstanceId=call.id, Groups=wanted["vpcSecurityGroupIds"])
    if call.changed("metadataOptions"):
        ec2.modify_instance_metadata_options(InstanceId=call.id, **launch.metadata(wanted))
    if call.changed("instanceInitiatedShutdownBehavior"):
        _modify(call, "instanceInitiatedShutdownBehavior", wanted["instanceInitiatedShutdownBehavior"])
    if call.changed("instanceType", "userData", "userDataBase64"):
        _change_stopped(call)


def _modify(call: Call, name: Any, value: str) -> None:  # noqa: ANN401 - a name of the API's list
    # By Attribute and Value: moto misreads the other form of this call.
    call.aws.ec2.modify_instance_attribute(InstanceId=call.id, Attribute=name, Value=value)


def _change_stopped(call: Call) -> None:
    """Type and user data of a running machine cannot change: stop it, change it, start it."""
    call.aws.ec2.stop_instances(InstanceIds=[call.id])
    call.wait.until(f"{call.id} is to stop", lambda: _has_state(call, "stopped"))
    if call.changed("instanceType"):
        _modify(call, "instanceType", call.inputs["instanceType"])
    if call.changed("userData", "userDataBase64"):
        _modify(call, "userData", base64.b64encode(launch.user_data(call.inputs) or b"").decode())
    call.aws.ec2.start_instances(InstanceIds=[call.id])


def _has_state(call: Call, wanted: str) -> bool | None:
    instance = _described(call)
    return True if (instance["State"]["Name"] if instance else "terminated") == wanted else None


def delete(call: Call) -> None:
    """Terminate, and wait until it is over: what the machine used can go only then."""
    unless_missing(lambda: call.aws.ec2.terminate_instances(InstanceIds=[call.id]), NOT_FOUND)
    call.wait.until(f"{call.id} is to terminate", lambda: _has_state(call, "terminated"))


INSTANCE = Resource(
    token=TOKEN,
    source="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/instance/",
    code="ec2/ec2_instance.go",
    arguments=ARGUMENTS,
    outputs=OUTPUTS,
    at_most_one=("userData", "userDataBase64"),
    create=create,
    settle=settle,
    read=read,
    update=update,
    delete=delete,
    timeouts=Timeouts(create=600, update=600, delete=1200),
)
