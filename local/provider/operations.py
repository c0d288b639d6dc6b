"""What the engine asks for, done to a row: create, read, update, delete. An id that exists is never lost."""

import traceback
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError
from local.provider.diffs import without_defaults
from local.provider.table import Call, GoneError, Resource
from local.provider.values import Properties

EXPECTED = (LocalError, ClientError, BotoCoreError, OSError)
"""What may go wrong without being a fault of the stand-in."""


def told(error: Exception) -> str:
    """What the person at the terminal reads: a traceback only for a fault of the stand-in."""
    if isinstance(error, (UnfinishedError, *EXPECTED)):
        return str(error) or repr(error)
    return f"a fault of the stand-in for pulumi-aws:\n{''.join(traceback.format_exception(error))}"


class UnfinishedError(Exception):
    """The resource `id` exists but is not what was asked for; the engine keeps it and updates it later."""

    def __init__(self, id_: str, state: Properties, reason: str) -> None:
        super().__init__(reason)
        self.id = id_
        self.state = state
        self.reason = reason


def create(resource: Resource, call: Call) -> tuple[str, Properties]:
    """The new id and its outputs. Raises UnfinishedError when there is an id already."""
    id_ = resource.create(call)
    made = Call(aws=call.aws, wait=call.wait, id=id_, inputs=call.inputs)
    return id_, _finish(resource, made, lambda: None)


def update(resource: Resource, call: Call) -> Properties:
    """The outputs after the change. Also takes up what a creation has left unfinished."""
    return _finish(resource, call, lambda: resource.update(call))


def _finish(resource: Resource, call: Call, change: Callable[[], None]) -> Properties:
    inputs = without_defaults(call.inputs)
    try:
        change()
        found = (resource.settle or resource.read)(call)
    except GoneError:
        raise
    except Exception as error:
        raise UnfinishedError(call.id, call.state | inputs, told(error)) from error
    if found is None:
        hint = "pulumi up --refresh makes it anew"
        raise GoneError(f"{call.id} was there a moment ago and is gone: someone deleted it", hint=hint)
    return inputs | found
