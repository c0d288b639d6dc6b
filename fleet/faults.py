"""What apps name that AWS does not have, or not together. Pure.

What AWS did not answer counts as right: a look-up that cannot tell stops nobody. Only the network must be
known.
"""

from collections.abc import Iterator
from typing import Final

from fleet.network import chosen_subnets, subnets_of, suitable_subnets
from fleet.offer import InstanceTypeInfo, Offer
from manifest import ASK_IMAGE, ASK_SUBNETS, Problem, Process, Settings, did_you_mean

_ACCOUNT: Final = "aws:allowedAccountIds"
_WHOSE: Final = "aws sts get-caller-identity"

_AVAILABLE: Final = "available"
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html"""


def faults_of_access(offer: Offer, settings: Settings) -> Iterator[Problem]:
    """Why nothing that AWS says would tell anything: in another account everything is missing."""
    if offer.account is None and offer.subnets is None:
        yield _of_aws(f"did not answer ({offer.unanswered['the account']}); next: {_WHOSE}")
    elif offer.account not in {None, settings.account}:
        text = f"names {settings.account}, but these credentials are of account {offer.account}"
        yield settings.problem(_ACCOUNT, f"{text}; next: set aws:profile, or ask whose they are: {_WHOSE}")


def faults_of_network(process: Process, offer: Offer, settings: Settings) -> Iterator[Problem]:
    """Why nothing of a process can be declared, its security group neither."""
    if offer.subnets is None:
        text = f"does not say which subnets there are and in which VPC ({offer.unanswered['subnets']})"
        yield _of_aws(f"{text}; next: {ASK_SUBNETS}{offer.region}")
    elif process.subnets:
        yield from _of_subnets(process, offer)
    elif not subnets_of(process, offer):
        text = f"{offer.region} has no default VPC with subnets; name some: {ASK_SUBNETS}{offer.region}"
        yield settings.problem("subnets", text)


def _of_aws(text: str) -> Problem:
    """What no file is to blame for."""
    return Problem("AWS", 0, text)


def _of_subnets(process: Process, offer: Offer) -> Iterator[Problem]:
    known = subnets_of(process, offer)
    for n, subnet in enumerate(process.subnets):
        if subnet not in known:
            text = f"{offer.region} has no {subnet}; it has those of: {ASK_SUBNETS}{offer.region}"
            yield process.problem(text, "subnets", n)
    if len({one.vpc for one in known.values()}) > 1:
        where = ", ".join(f"{name} is in {one.vpc}" for name, one in known.items())
        text = f"must be in one VPC, as the security group of their instances is: {where}"
        yield process.problem(text, "subnets")


def faults_of_launch(process: Process, offer: Offer) -> Iterator[Problem]:
    """Why AWS would launch no instance of a process."""
    yield from _of_type(process, offer)
    yield from _of_image(process, offer)
    yield from _of_architecture(process, offer)
    yield from _of_key(process, offer)


def _of_type(process: Process, offer: Offer) -> Iterator[Problem]:
    name, kind = process.instance_type, offer.type(process.instance_type)
    if kind:
        yield from _of_zones(process, offer, kind)
    elif offer.types is not None:
        hint = did_you_mean(name, offer.type_names)
        yield process.problem(f"{offer.region} has no instance type {name}{hint}", "instance_type")


def _of_zones(process: Process, offer: Offer, kind: InstanceTypeInfo) -> Iterator[Problem]:
    """Where its instances go and their type is not offered."""
    known, suitable = subnets_of(process, offer), suitable_subnets(process, offer)
    name, zones = process.instance_type, ", ".join(sorted(kind.zones)) or "no zone"
    if process.subnets:
        for subnet in chosen_subnets(process, offer):
            if subnet in known and subnet not in suitable:
                where = f"{known[subnet].zone}, where {subnet}{_at(process, 'subnets')} is"
                yield process.problem(f"{name} is not offered in {where}, but in {zones}", "instance_type")
    elif known and not suitable:
        text = f"{name} is offered in {zones}, where no default subnet is; choose another, or name subnets"
        yield process.problem(text, "instance_type")


def _of_image(process: Process, offer: Offer) -> Iterator[Problem]:
    name = process.image_id
    image = (offer.images or {}).get(name)
    if image and image.state != _AVAILABLE:
        text = f"{name} is {image.state}, and only what is {_AVAILABLE} can be launched"
        yield process.problem(text, "image_id")
    elif not image and offer.images is not None:
        text = f"{offer.region} has no {name} for this account; the official Debian 12 image is told by: "
        yield process.problem(f"{text}{ASK_IMAGE}{offer.region}", "image_id")


def _of_architecture(process: Process, offer: Offer) -> Iterator[Problem]:
    """Told where the type was written, or else, for it is the default, at the image."""
    kind, image = offer.type(process.instance_type), (offer.images or {}).get(process.image_id)
    if not kind or not image or image.architecture in {"", *kind.architectures}:
        return
    its = f"{process.instance_type} is {' and '.join(sorted(kind.architectures))}"
    images = f"{process.image_id} is {image.architecture}"
    if process.places.of("instance_type"):
        yield process.problem(f"{its}, but {images}{_at(process, 'image_id')}", "instance_type")
    else:
        yield process.problem(f"{images}, but {its}, the default instance_type", "image_id")


def _of_key(process: Process, offer: Offer) -> Iterator[Problem]:
    name = process.key_name
    if name and offer.key_pairs is not None and name not in offer.key_pairs:
        hint = did_you_mean(name, offer.key_pairs)
        yield process.problem(f"{offer.region} has no key pair {name}{hint}", "key_name")


def _at(process: Process, key: str) -> str:
    origin = process.places.of(key)
    return f" ({origin.place})" if origin else ""
