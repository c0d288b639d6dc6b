"""What the SDK of pulumi-aws says there is: its classes, read by reflection."""

import inspect
from types import ModuleType

import pulumi_aws as aws

SDK_MODULES: dict[str, ModuleType] = {
    "ec2": aws.ec2,
    "vpc": aws.vpc,
    "iam": aws.iam,
    "s3": aws.s3,
    "index": aws,
}


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def sdk_class(token: str) -> type:
    _, place, name = token.split(":")
    return getattr(SDK_MODULES[place.split("/")[0]], name)


def sdk_outputs(kind: type) -> set[str]:
    properties = [value for value in vars(kind).values() if isinstance(value, property)]
    return {getattr(each.fget, "_pulumi_name", each.fget.__name__) for each in properties}


def sdk_arguments(kind: type) -> set[str]:
    names = inspect.signature(kind._internal_init).parameters
    return {camel(name) for name in names} - {"_Self_", "resourceName", "opts"}


def known_to_the_sdk(made) -> bool:
    """Whether every output of a resource is one the SDK can read."""
    return set(made.outputs) <= sdk_outputs(sdk_class(made.type))
