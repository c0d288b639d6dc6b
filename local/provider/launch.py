"""An Instance's inputs as RunInstances takes them, and its outputs from what EC2 describes. Pure."""

import base64
from collections.abc import Mapping
from typing import Any

from local.provider import tags
from local.provider.table import Call
from local.provider.values import Properties

METADATA_OPTIONS: Mapping[str, str] = {
    "httpEndpoint": "HttpEndpoint",
    "httpProtocolIpv6": "HttpProtocolIpv6",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "httpTokens": "HttpTokens",
    "instanceMetadataTags": "InstanceMetadataTags",
}
"""Arguments of metadataOptions, and their names in the API (InstanceMetadataOptionsRequest)."""

ROOT_DEVICE: Mapping[str, str] = {
    "deleteOnTermination": "DeleteOnTermination",
    "encrypted": "Encrypted",
    "iops": "Iops",
    "throughput": "Throughput",
    "volumeSize": "VolumeSize",
    "volumeType": "VolumeType",
}
"""Arguments of rootBlockDevice, and their names in the API (EbsBlockDevice)."""


def request(inputs: Properties, root_device: str) -> dict[str, Any]:
    """RunInstances, but for the tags. `root_device`: the name of the image's root device."""
    simple = {
        "ImageId": inputs["ami"],
        "InstanceType": inputs["instanceType"],
        "KeyName": inputs.get("keyName"),
        "InstanceInitiatedShutdownBehavior": inputs.get("instanceInitiatedShutdownBehavior"),
        "UserData": user_data(inputs),
        "MetadataOptions": metadata(inputs),
        "IamInstanceProfile": _wrapped("Name", inputs.get("iamInstanceProfile")),
        "Placement": _wrapped("AvailabilityZone", inputs.get("availabilityZone")),
        "Monitoring": _wrapped("Enabled", inputs.get("monitoring")),
        "BlockDeviceMappings": _root_mapping(inputs.get("rootBlockDevice"), root_device),
    }
    given = {key: value for key, value in simple.items() if value not in (None, {}, [])}
    return given | _network(inputs) | {"MinCount": 1, "MaxCount": 1}


def _wrapped(key: str, value: object) -> dict[str, object] | None:
    return None if value is None else {key: value}


def user_data(inputs: Properties) -> bytes | None:
    """The bytes the machine gets; the client does the API's base64."""
    if "userDataBase64" in inputs:
        return base64.b64decode(inputs["userDataBase64"], validate=True)
    text = inputs.get("userData")
    return None if text is None else str(text).encode()


def metadata(inputs: Properties) -> dict[str, Any]:
    return {METADATA_OPTIONS[key]: value for key, value in inputs.get("metadataOptions", {}).items()}


def _root_mapping(device: Properties | None, name: str) -> list[dict[str, Any]]:
    if device is None:
        return []
    # deleteOnTermination is the real provider's default; EC2's own depends on the image.
    volume = {"deleteOnTermination": True, **device}
    return [{"DeviceName": name, "Ebs": {ROOT_DEVICE[key]: value for key, value in volume.items()}}]


def _network(inputs: Properties) -> dict[str, Any]:
    """The API takes a public address or none only together with an interface that names the subnet."""
    groups = inputs.get("vpcSecurityGroupIds")
    if "subnetId" in inputs and "associatePublicIpAddress" in inputs:
        interface = {
            "DeviceIndex": 0,
            "AssociatePublicIpAddress": inputs["associatePublicIpAddress"],
            "SubnetId": inputs["subnetId"],
            "Groups": groups,
            "PrivateIpAddress": inputs.get("privateIp"),
        }
        return {"NetworkInterfaces": [{key: value for key, value in interface.items() if value is not None}]}
    direct = {
        "SubnetId": inputs.get("subnetId"),
        "SecurityGroupIds": groups,
        "PrivateIpAddress": inputs.get("privateIp"),
    }
    return {key: value for key, value in direct.items() if value}


def tag_specifications(inputs: Properties) -> list[Any]:
    """The instance's tags, and its volumes' own: the former are not given to the latter."""
    kinds = {"instance": inputs.get("tagsAll", {}), "volume": inputs.get("volumeTags", {})}
    return [{"ResourceType": kind, "Tags": tags.as_list(each)} for kind, each in kinds.items() if each]


def outputs(call: Call, instance: Mapping[str, Any], volume: Mapping[str, Any]) -> Properties:
    region, account = call.aws.region, call.aws.account
    interfaces = instance.get("NetworkInterfaces", [])
    known = {
        "ami": instance["ImageId"],
        "arn": f"arn:aws:ec2:{region}:{account}:instance/{instance['InstanceId']}",
        "associatePublicIpAddress": bool(instance.get("PublicIpAddress")),
        "availabilityZone": instance.get("Placement", {}).get("AvailabilityZone", ""),
        "iamInstanceProfile": instance.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2],
        "instanceState": instance["State"]["Name"],
        "instanceType": instance["InstanceType"],
        "keyName": instance.get("KeyName", ""),
        "metadataOptions": _named(METADATA_OPTIONS, instance.get("MetadataOptions", {})),
        "monitoring": instance.get("Monitoring", {}).get("State") in {"enabled", "pending"},
        "primaryNetworkInterfaceId": interfaces[0]["NetworkInterfaceId"] if interfaces else "",
        "privateDns": instance.get("PrivateDnsName", ""),
        "privateIp": instance.get("PrivateIpAddress", ""),
        "publicDns": instance.get("PublicDnsName", ""),
        "publicIp": instance.get("PublicIpAddress", ""),
        "region": region,
        "rootBlockDevice": _root_device(volume),
        "subnetId": instance.get("SubnetId", ""),
        "userDataReplaceOnChange": call.inputs.get("userDataReplaceOnChange", False),
        "vpcSecurityGroupIds": _groups(instance, interfaces),
    }
    return known | tags.outputs(call, instance.get("Tags", []))


def _groups(instance: Mapping[str, Any], interfaces: list[Any]) -> list[str]:
    """The instance's groups are its first interface's, and moto may report only the latter."""
    groups = instance.get("SecurityGroups") or (interfaces[0]["Groups"] if interfaces else [])
    return sorted(group["GroupId"] for group in groups)


def _named(names: Mapping[str, str], values: Mapping[str, Any]) -> Properties:
    return {ours: values[theirs] for ours, theirs in names.items() if theirs in values}


def _root_device(volume: Mapping[str, Any]) -> Properties:
    """Of a volume as DescribeVolumes has it, where size and type go by other names than in a launch."""
    renamed = {**volume, "VolumeSize": volume.get("Size"), "DeviceName": volume.get("DeviceName")}
    names = {**ROOT_DEVICE, "deviceName": "DeviceName", "volumeId": "VolumeId", "kmsKeyId": "KmsKeyId"}
    return {key: value for key, value in _named(names, renamed).items() if value is not None}


def user_data_outputs(inputs: Properties, encoded: str) -> Properties:
    """The user data AWS has, under the name the program gave it by; text if nobody says."""
    if "userDataBase64" in inputs:
        return {"userDataBase64": encoded}
    try:
        return {"userData": base64.b64decode(encoded).decode()} if encoded else {}
    except UnicodeDecodeError:
        return {"userDataBase64": encoded}
