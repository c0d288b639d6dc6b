"""Looks up what the apps name: each thing is asked for once, all of a kind in one call.

Asked for by filters, so what does not exist is missing in the answer and fails nothing. What AWS does not
answer (no permission, throttled, out of reach) stays unknown.
"""

import functools
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from fleet import names
from fleet.region import Image, InstanceType, Region, Subnet
from fleet.session import account_of, described, ec2_client
from manifest import App, Process, Settings

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

Answer = TypeVar("Answer")

_TYPE: Final = "instance-type"
_THERE: Final = ("pending", "running", "stopping", "stopped")
"""States of instances that nobody launches again."""


class Answers(Protocol):
    """Whatever can say what AWS has.

    Every method blocks, may run beside the others, and raises botocore's errors.
    """

    def account(self) -> str:
        """Whose credentials these are."""

    def types(self, names: Collection[str]) -> Mapping[str, InstanceType]:
        """Those of these types that the region has."""

    def type_names(self) -> frozenset[str]:
        """Every type that the region has."""

    def images(self, ids: Collection[str]) -> Mapping[str, Image]:
        """Those of these images that there are for this account."""

    def keys(self) -> frozenset[str]:
        """The names of all key pairs."""

    def subnets(self, ids: Collection[str], *, defaults: bool) -> Mapping[str, Subnet]:
        """Those of these subnets that there are, and the region's default ones if asked for."""

    def instances(self, tags: Mapping[str, str]) -> frozenset[str]:
        """The names of the instances that bear these tags and are there."""


def look_up(region: str, apps: Iterable[App], answers: Answers) -> Region:
    """All that the apps' processes name. An answer that does not come raises nothing."""
    processes = [process for app in apps for process in app.processes]
    named = {process.instance_type for process in processes}
    unanswered: dict[str, str] = {}
    with ThreadPoolExecutor() as pool:
        account = pool.submit(answers.account)
        types = pool.submit(answers.types, named)
        images = pool.submit(answers.images, {process.image_id for process in processes})
        keys = pool.submit(answers.keys if any(process.key_name for process in processes) else frozenset)
        subnets = pool.submit(_subnets, processes, answers)
        known = _answer("instance types", types, unanswered)
        strangers = known is not None and named - known.keys()
        type_names = pool.submit(answers.type_names if strangers else frozenset)
    return Region(
        name=region,
        account=_answer("the account", account, unanswered),
        types=known,
        images=_answer("images", images, unanswered),
        keys=_answer("key pairs", keys, unanswered),
        subnets=_answer("subnets", subnets, unanswered),
        type_names=_answer("the names of types", type_names, unanswered) or frozenset(),
        unanswered=unanswered,
    )


def running(settings: Settings, answers: Answers) -> frozenset[str]:
    """The names of the stack's instances; none where AWS does not answer."""
    try:
        return answers.instances(names.tags(settings))
    except (BotoCoreError, ClientError):
        return frozenset()


def _subnets(processes: Iterable[Process], answers: Answers) -> Mapping[str, Subnet]:
    named = {subnet for process in processes for subnet in process.subnets}
    return answers.subnets(named, defaults=any(not process.subnets for process in processes))


def _answer(what: str, asked: Future[Answer], unanswered: dict[str, str]) -> Answer | None:
    try:
        return asked.result()
    except ClientError as fault:
        unanswered[what] = f"{fault.operation_name}: {fault.response['Error']['Code']}"
    except BotoCoreError as fault:
        unanswered[what] = str(fault)
    return None


class Ec2Answers:
    """Asks AWS with the access that the provider's config gives."""

    def __init__(self, provider: Mapping[str, Any]) -> None:
        self._provider = provider

    @functools.cached_property
    def _ec2(self) -> "EC2Client":
        """Made when it is first asked, so that a wrong profile is an answer that does not come."""
        return ec2_client(self._provider)

    def account(self) -> str:
        return account_of(self._provider)

    def types(self, names: Collection[str]) -> Mapping[str, InstanceType]:
        zones: dict[str, set[str]] = {name: set() for name in names}
        offers, in_zones = "describe_instance_type_offerings", {"LocationType": "availability-zone"}
        for one in described(self._ec2, offers, "InstanceTypeOfferings[]", {_TYPE: names}, **in_zones):
            zones[one["InstanceType"]].add(one["Location"])
        found = described(self._ec2, "describe_instance_types", "InstanceTypes[]", {_TYPE: names})
        return {one["InstanceType"]: _type(one, zones[one["InstanceType"]]) for one in found}

    def type_names(self) -> frozenset[str]:
        pages = self._ec2.get_paginator("describe_instance_type_offerings").paginate(LocationType="region")
        return frozenset(offer["InstanceType"] for page in pages for offer in page["InstanceTypeOfferings"])

    def images(self, ids: Collection[str]) -> Mapping[str, Image]:
        """Deprecated ones too: whoever knows their id can launch them.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
        """
        every = {"IncludeDeprecated": True, "IncludeDisabled": True}
        found = described(self._ec2, "describe_images", "Images[]", {"image-id": ids}, **every)
        return {one["ImageId"]: _image(one) for one in found}

    def keys(self) -> frozenset[str]:
        return frozenset(pair["KeyName"] for pair in self._ec2.describe_key_pairs()["KeyPairs"])

    def subnets(self, ids: Collection[str], *, defaults: bool) -> Mapping[str, Subnet]:
        asked: list[Mapping[str, Collection[str]]] = [{"subnet-id": ids}]
        asked += [{"default-for-az": ["true"]}] if defaults else []
        found = (described(self._ec2, "describe_subnets", "Subnets[]", filters) for filters in asked)
        return {one["SubnetId"]: _subnet(one) for some in found for one in some}

    def instances(self, tags: Mapping[str, str]) -> frozenset[str]:
        filters = {"instance-state-name": _THERE, **{f"tag:{key}": [value] for key, value in tags.items()}}
        found = described(self._ec2, "describe_instances", "Reservations[].Instances[].Tags[]", filters)
        return frozenset(tag["Value"] for tag in found if tag["Key"] == "Name")


def _type(one: Any, zones: Iterable[str]) -> InstanceType:  # noqa: ANN401 - botocore's own shape
    return InstanceType(
        architectures=frozenset(one["ProcessorInfo"]["SupportedArchitectures"]),
        vcpus=one["VCpuInfo"]["DefaultVCpus"],
        hypervisor=one.get("Hypervisor", ""),
        zones=frozenset(zones),
    )


def _image(one: Any) -> Image:  # noqa: ANN401 - as above
    return Image(architecture=one.get("Architecture", ""), state=one["State"])


def _subnet(one: Any) -> Subnet:  # noqa: ANN401 - as above
    return Subnet(vpc=one["VpcId"], zone=one["AvailabilityZone"], default=one["DefaultForAz"])
