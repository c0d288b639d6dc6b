"""A failure as the engine reads it: a gRPC status, with an unfinished resource's id and state in it."""

from dataclasses import dataclass
from typing import NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2 as wire
from pulumi.runtime.proto import status_pb2

from local.provider.operations import UnfinishedError, told
from local.provider.values import marshal


@dataclass(frozen=True)
class _Status(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


def abort(context: grpc.ServicerContext, failure: Exception) -> NoReturn:
    """End the call with the text of `failure`."""
    if isinstance(failure, UnfinishedError):
        context.abort_with_status(_unfinished(failure))
    context.abort(grpc.StatusCode.UNKNOWN, told(failure))


def _unfinished(failure: UnfinishedError) -> _Status:
    """The detail by which the engine stores what exists: ErrorResourceInitFailed."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=failure.reason)
    status.details.add().Pack(
        wire.ErrorResourceInitFailed(
            id=failure.id, properties=marshal(failure.state), reasons=[failure.reason]
        )
    )
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    return _Status(grpc.StatusCode.UNKNOWN, failure.reason, metadata)
