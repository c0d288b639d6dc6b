"""What apps name that AWS does not have, or not together. Pure.

What AWS did not answer counts as right: a look-up that cannot tell stops nobody. Only the network must be
known.
"""

from collections.abc import Iterator
from typing import Final

from fleet.network import offering, subnets_of
from fleet.region import InstanceType, Region
from manifest import ASK_IMAGE, ASK_SUBNETS, Problem, Process, Settings, did_you_mean

_AVAILABLE: Final = "available"
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html"""


def faults_of_network(process: Process, region: Region, settings: Settings) -> Iterator[Problem]:
    """Why nothing of a process can be declared, its security group neither."""
    if region.subnets is None:
        why = region.unanswered.get("subnets")
        yield _of_stack(settings, f"AWS does not say which there are and in which VPC ({why})")
    elif process.subnets:
        yield from _of_subnets(process, region)
    elif not subnets_of(process, region):
        text = f"{region.name} has no default VPC with subnets; name some: {ASK_SUBNETS}{region.name}"
        yield _of_stack(settings, text)


def _of_stack(settings: Settings, text: str) -> Problem:
    origin = settings.origin("subnets")
    return Problem(origin.file, origin.line, f"subnets: {text}")


def _of_subnets(process: Process, region: Region) -> Iterator[Problem]:
    known = subnets_of(process, region)
    for n, subnet in enumerate(process.subnets):
        if subnet not in known:
            text = f"{region.name} has no {subnet}; it has those of: {ASK_SUBNETS}{region.name}"
            yield process.problem(text, "subnets", n)
    if len({one.vpc for one in known.values()}) > 1:
        where = ", ".join(f"{name} is in {one.vpc}" for name, one in known.items())
        text = f"must be in one VPC, as the security group of their instances is: {where}"
        yield process.problem(text, "subnets")


def faults_of_launch(process: Process, region: Region) -> Iterator[Problem]:
    """Why AWS would launch no instance of a process."""
    yield from _of_type(process, region)
    yield from _of_image(process, region)
    yield from _of_architecture(process, region)
    yield from _of_key(process, region)


def _of_type(process: Process, region: Region) -> Iterator[Problem]:
    name, kind = process.instance_type, region.type(process.instance_type)
    if kind:
        yield from _of_zones(process, region, kind)
    elif region.types is not None:
        hint = did_you_mean(name, region.type_names)
        yield process.problem(f"{region.name} has no instance type {name}{hint}", "instance_type")


def _of_zones(process: Process, region: Region, kind: InstanceType) -> Iterator[Problem]:
    """Where its instances go and their type is not offered: they go round the subnets in sorted order."""
    name, known, offered = process.instance_type, subnets_of(process, region), offering(process, region)
    zones = ", ".join(sorted(kind.zones)) or "no zone"
    for subnet in sorted(process.subnets)[: process.count]:
        if subnet in known and subnet not in offered:
            where = f"{known[subnet].zone}, where {subnet}{_at(process, 'subnets')} is"
            yield process.problem(f"{name} is not offered in {where}, but in {zones}", "instance_type")
    if known and not process.subnets and not offered:
        text = f"{name} is offered in {zones}, where no default subnet is; choose another, or name subnets"
        yield process.problem(text, "instance_type")


def _of_image(process: Process, region: Region) -> Iterator[Problem]:
    name = process.image_id
    image = (region.images or {}).get(name)
    if image and image.state != _AVAILABLE:
        text = f"{name} is {image.state}, and only what is {_AVAILABLE} can be launched"
        yield process.problem(text, "image_id")
    elif not image and region.images is not None:
        text = f"{region.name} has no {name} for this account; the official Debian 12 image is told by: "
        yield process.problem(f"{text}{ASK_IMAGE}{region.name}", "image_id")


def _of_architecture(process: Process, region: Region) -> Iterator[Problem]:
    """Told where the type was written, or else, for it is the default, at the image."""
    kind, image = region.type(process.instance_type), (region.images or {}).get(process.image_id)
    if not kind or not image or image.architecture in {"", *kind.architectures}:
        return
    its = f"{process.instance_type} is {' and '.join(sorted(kind.architectures))}"
    images = f"{process.image_id} is {image.architecture}"
    if process.places.of("instance_type"):
        yield process.problem(f"{its}, but {images}{_at(process, 'image_id')}", "instance_type")
    else:
        yield process.problem(f"{images}, but {its}, the default instance_type", "image_id")


def _of_key(process: Process, region: Region) -> Iterator[Problem]:
    name = process.key_name
    if name and region.keys is not None and name not in region.keys:
        hint = did_you_mean(name, region.keys)
        yield process.problem(f"{region.name} has no key pair {name}{hint}", "key_name")


def _at(process: Process, key: str) -> str:
    origin = process.places.of(key)
    return f" ({origin.place})" if origin else ""
