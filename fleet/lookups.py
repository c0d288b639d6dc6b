"""Looks up what the apps name: each thing is asked for once, all of a kind in one call.

What AWS does not answer (no permission, throttled, out of reach) stays unknown.
"""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from fleet import names
from fleet.ec2 import describe, describe_present
from fleet.offer import Image, InstanceTypeInfo, Offer, Subnet
from fleet.session import Access
from manifest import App, Process, Settings

Answer = TypeVar("Answer")

_TYPE: Final = "instance-type"


class Answers(Protocol):
    """Whatever can say what AWS has.

    Every method blocks, may run beside the others, and raises botocore's errors.
    """

    def account(self) -> str:
        """Whose credentials these are."""

    def types(self, names: Collection[str]) -> Mapping[str, InstanceTypeInfo]:
        """Those of these types that the region has."""

    def type_names(self) -> frozenset[str]:
        """Every type that the region has."""

    def images(self, ids: Collection[str]) -> Mapping[str, Image]:
        """Those of these images that there are for this account."""

    def key_pairs(self) -> frozenset[str]:
        """The names of all key pairs."""

    def subnets(self, ids: Collection[str], *, defaults: bool) -> Mapping[str, Subnet]:
        """Those of these subnets that there are, and the region's default ones if asked for."""

    def instances(self, tags: Mapping[str, str]) -> frozenset[str]:
        """The names of the instances that bear these tags and were not ended."""


def look_up(region: str, apps: Iterable[App], answers: Answers) -> Offer:
    """All that the apps' processes name. An answer that does not come raises nothing."""
    processes = [process for app in apps for process in app.processes]
    named = {process.instance_type for process in processes}
    unanswered: dict[str, str] = {}
    with ThreadPoolExecutor() as pool:
        account = pool.submit(answers.account)
        types = pool.submit(answers.types, named)
        images = pool.submit(answers.images, {process.image_id for process in processes})
        key_pairs = pool.submit(_key_pairs, processes, answers)
        subnets = pool.submit(_subnets, processes, answers)
        type_names = pool.submit(_type_names, named, types, answers)
    return Offer(
        region=region,
        account=_answer("the account", account, unanswered),
        types=_answer("instance types", types, unanswered),
        images=_answer("images", images, unanswered),
        key_pairs=_answer("key pairs", key_pairs, unanswered),
        subnets=_answer("subnets", subnets, unanswered),
        type_names=_answer("the names of types", type_names, unanswered) or frozenset(),
        unanswered=unanswered,
    )


def present(settings: Settings, answers: Answers) -> frozenset[str]:
    """The names of the stack's instances; none where AWS does not answer."""
    try:
        return answers.instances(names.tags(settings))
    except (BotoCoreError, ClientError):
        return frozenset()


def _key_pairs(processes: Iterable[Process], answers: Answers) -> frozenset[str]:
    """All, for the one that was meant; none where no process names one."""
    return answers.key_pairs() if any(process.key_name for process in processes) else frozenset()


def _subnets(processes: Iterable[Process], answers: Answers) -> Mapping[str, Subnet]:
    named = {subnet for process in processes for subnet in process.subnets}
    return answers.subnets(named, defaults=any(not process.subnets for process in processes))


def _type_names(
    named: Collection[str], types: Future[Mapping[str, InstanceTypeInfo]], answers: Answers
) -> frozenset[str]:
    """All, for the one that was meant, where AWS answered and does not have all that are named."""
    nobody_asks = types.exception() or types.result().keys() >= {*named}
    return frozenset() if nobody_asks else answers.type_names()


def _answer(what: str, asked: Future[Answer], unanswered: dict[str, str]) -> Answer | None:
    try:
        return asked.result()
    except ClientError as fault:
        unanswered[what] = f"{fault.operation_name}: {fault.response['Error']['Code']}"
    except BotoCoreError as fault:
        unanswered[what] = str(fault)
    return None


class Ec2Answers:
    """Asks AWS."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def account(self) -> str:
        return self._access.account()

    def types(self, names: Collection[str]) -> Mapping[str, InstanceTypeInfo]:
        zones: dict[str, set[str]] = {name: set() for name in names}
        offers, in_zones = "describe_instance_type_offerings", {"LocationType": "availability-zone"}
        for one in describe(self._access.ec2, offers, "InstanceTypeOfferings[]", {_TYPE: names}, **in_zones):
            zones[one["InstanceType"]].add(one["Location"])
        found = describe(self._access.ec2, "describe_instance_types", "InstanceTypes[]", {_TYPE: names})
        return {one["InstanceType"]: _type(one, zones[one["InstanceType"]]) for one in found}

    def type_names(self) -> frozenset[str]:
        offers = self._access.ec2.get_paginator("describe_instance_type_offerings")
        pages = offers.paginate(LocationType="region")
        return frozenset(one["InstanceType"] for page in pages for one in page["InstanceTypeOfferings"])

    def images(self, ids: Collection[str]) -> Mapping[str, Image]:
        """Deprecated ones too: whoever knows their id can launch them.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
        """
        every = {"IncludeDeprecated": True, "IncludeDisabled": True}
        found = describe(self._access.ec2, "describe_images", "Images[]", {"image-id": ids}, **every)
        return {one["ImageId"]: _image(one) for one in found}

    def key_pairs(self) -> frozenset[str]:
        return frozenset(pair["KeyName"] for pair in self._access.ec2.describe_key_pairs()["KeyPairs"])

    def subnets(self, ids: Collection[str], *, defaults: bool) -> Mapping[str, Subnet]:
        asked: list[Mapping[str, Collection[str]]] = [{"subnet-id": ids}]
        asked += [{"default-for-az": ["true"]}] if defaults else []
        found = (describe(self._access.ec2, "describe_subnets", "Subnets[]", filters) for filters in asked)
        return {one["SubnetId"]: _subnet(one) for some in found for one in some}

    def instances(self, tags: Mapping[str, str]) -> frozenset[str]:
        found = describe_present(self._access.ec2, tags)
        return frozenset(tag["Value"] for one in found for tag in one["Tags"] if tag["Key"] == "Name")


def _type(one: Any, zones: Iterable[str]) -> InstanceTypeInfo:  # noqa: ANN401 - botocore's own shape
    return InstanceTypeInfo(
        architectures=frozenset(one["ProcessorInfo"]["SupportedArchitectures"]),
        vcpus=one["VCpuInfo"]["DefaultVCpus"],
        hypervisor=one.get("Hypervisor", ""),
        zones=frozenset(zones),
    )


def _image(one: Any) -> Image:  # noqa: ANN401 - as above
    return Image(architecture=one.get("Architecture", ""), state=one["State"])


def _subnet(one: Any) -> Subnet:  # noqa: ANN401 - as above
    return Subnet(vpc=one["VpcId"], zone=one["AvailabilityZone"], default=one["DefaultForAz"])
