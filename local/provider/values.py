"""Property values as plain Python values: the engine's wire format is JSON with a few signatures in it."""

from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

Properties = dict[str, Any]

UNKNOWN: str = rpc.UNKNOWN

DEFAULTS = "__defaults"
"""Key under which the names of inputs are kept that the provider, not the program, has filled in."""


def unmarshal(struct: struct_pb2.Struct) -> Properties:
    """The properties of a request. What is not known yet is the string `UNKNOWN`; null is left out.

    A secret, which the engine wraps only in the provider's configuration, is its plain value.
    """
    values = {key: _plain(value) for key, value in struct.fields.items()}
    return {key: value for key, value in values.items() if value is not None}


def _plain(value: struct_pb2.Value) -> Any:  # noqa: ANN401 - JSON
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _unwrapped(unmarshal(value.struct_value))
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "number_value" and value.number_value.is_integer():
        return int(value.number_value)  # the wire knows floats only, and AWS's clients take no 3.0 for 3
    return None if kind in {None, "null_value"} else getattr(value, kind)


def _unwrapped(value: Properties) -> Any:  # noqa: ANN401 - JSON
    secret = value.get(rpc._special_sig_key) == rpc._special_secret_sig  # noqa: SLF001
    return value["value"] if secret else value


def marshal(properties: Properties) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


def has_unknown(value: object) -> bool:
    if isinstance(value, dict):
        return any(has_unknown(part) for part in value.values())
    if isinstance(value, list):
        return any(has_unknown(part) for part in value)
    return value == UNKNOWN


def is_asset(value: object) -> bool:
    return isinstance(value, dict) and value.get(rpc._special_sig_key) == rpc._special_asset_sig  # noqa: SLF001


def shaped_like(wanted: object, actual: object) -> object:
    """`actual`, cut down to the keys that `wanted` speaks of: AWS reports more than a program asks for."""
    if isinstance(wanted, dict) and isinstance(actual, dict) and not is_asset(wanted):
        return {key: shaped_like(wanted[key], actual[key]) for key in wanted if key in actual}
    return actual
