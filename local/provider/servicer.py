"""The engine's gRPC calls, translated into operations on the table, and errors into words.

The protocol: https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

import threading
from collections.abc import Callable, Iterable
from functools import wraps
from importlib.metadata import version
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as wire

from local.errors import LocalError
from local.provider import checks, diffs, operations, rows, session
from local.provider.failures import abort
from local.provider.table import SERVED, Call
from local.provider.values import has_unknown, marshal, unmarshal
from local.provider.waiting import Wait

Request = TypeVar("Request")
Answer = TypeVar("Answer")


def _told(
    method: Callable[["Servicer", Request], Answer],
) -> Callable[["Servicer", Request, grpc.ServicerContext], Answer]:
    """Failures reach the engine as text for people; only a fault of the stand-in brings its traceback."""

    @wraps(method)
    def answer(self: "Servicer", request: Request, context: grpc.ServicerContext) -> Answer:
        try:
            return method(self, request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine waits for an answer
            failure = error
        return abort(context, failure)

    return answer


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One plugin process. `stop` is set when the engine cancels; every wait ends then."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._settings: session.Settings | None = None
        self._aws: session.Aws | None = None

    @property
    def aws(self) -> session.Aws:
        if self._aws is None:
            raise LocalError("the engine has not configured the provider yet")
        return self._aws

    @_told
    def GetPluginInfo(self, _request: empty_pb2.Empty) -> plugin_pb2.PluginInfo:  # noqa: N802
        """The version of the SDK in use: the engine compares the two."""
        return plugin_pb2.PluginInfo(version=version("pulumi-aws"))

    @_told
    def Cancel(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:  # noqa: N802
        self._stop.set()
        return empty_pb2.Empty()

    @_told
    def CheckConfig(self, request: wire.CheckRequest) -> wire.CheckResponse:  # noqa: N802
        """Connects already, as the real provider does: a fault of the configuration is said once."""
        config = unmarshal(request.news)
        unserved = session.unserved(config)
        faults = [checks.Fault(property=key, reason=f"{SERVED} the provider's {key}") for key in unserved]
        if not faults and not has_unknown(config):
            try:
                self._connect(session.Settings.parse(config))
            except operations.EXPECTED as error:
                faults = [checks.Fault(property="", reason=operations.told(error))]
        return wire.CheckResponse(inputs=request.news, failures=_failures(faults))

    @_told
    def DiffConfig(self, request: wire.DiffRequest) -> wire.DiffResponse:  # noqa: N802
        """Another endpoint or key is no other provider: nothing it made is made anew."""
        before, now = unmarshal(request.old_inputs), unmarshal(request.news)
        return _diff_response([key for key in now if now[key] != before.get(key)], [])

    @_told
    def Configure(self, request: wire.ConfigureRequest) -> wire.ConfigureResponse:  # noqa: N802
        """Without `acceptSecrets` the engine takes the wrapping off and puts it back on the outputs."""
        self._connect(session.Settings.parse(unmarshal(request.args)))
        return wire.ConfigureResponse(supportsPreview=True)

    def _connect(self, settings: session.Settings) -> None:
        if settings != self._settings:
            self._settings, self._aws = settings, session.connect(settings)

    @_told
    def Check(self, request: wire.CheckRequest) -> wire.CheckResponse:  # noqa: N802
        """Refuses, so at preview, what the stand-in does not serve: all of it at once."""
        if request.type not in rows.RESOURCES:
            return wire.CheckResponse(failures=_failures([rows.unserved(request.type)]))
        resource = rows.resource(request.type)
        inputs, faults = checks.check(
            resource,
            unmarshal(request.olds),
            unmarshal(request.news),
            checks.Naming(name=request.name, seed=request.randomSeed or request.urn.encode()),
            self.aws.default_tags,
        )
        return wire.CheckResponse(inputs=marshal(inputs), failures=_failures(faults))

    @_told
    def Diff(self, request: wire.DiffRequest) -> wire.DiffResponse:  # noqa: N802
        old, new = unmarshal(request.old_inputs), unmarshal(request.news)
        found = diffs.diff(rows.resource(request.type), old, new)
        return _diff_response(found.changed, found.replaces, delete_first=found.delete_first)

    @_told
    def Create(self, request: wire.CreateRequest) -> wire.CreateResponse:  # noqa: N802
        resource, inputs = rows.resource(request.type), unmarshal(request.properties)
        if request.preview:
            return wire.CreateResponse(properties=marshal(diffs.outputs_of_creation(resource, inputs)))
        call = self._call(request.timeout or resource.timeouts.create, inputs=inputs)
        id_, state = operations.create(resource, call)
        return wire.CreateResponse(id=id_, properties=marshal(state))

    @_told
    def Update(self, request: wire.UpdateRequest) -> wire.UpdateResponse:  # noqa: N802
        resource, state = rows.resource(request.type), unmarshal(request.olds)
        old, new = unmarshal(request.old_inputs), unmarshal(request.news)
        if request.preview:
            return wire.UpdateResponse(properties=marshal(diffs.outputs_of_update(resource, state, old, new)))
        call = self._call(
            request.timeout or resource.timeouts.update,
            id=request.id,
            inputs=new,
            before=old,
            differing=diffs.diff(resource, old, new).changed,
            state=state,
        )
        return wire.UpdateResponse(properties=marshal(operations.update(resource, call)))

    @_told
    def Read(self, request: wire.ReadRequest) -> wire.ReadResponse:  # noqa: N802
        """What is gone has no id in the answer; the engine then drops it from the state."""
        resource, inputs = rows.resource(request.type), unmarshal(request.inputs)
        call = self._call(0, id=request.id, inputs=inputs, state=unmarshal(request.properties))
        state = resource.read(call)
        if state is None:
            return wire.ReadResponse()
        now = diffs.refreshed(resource, inputs, state)
        outputs = diffs.without_defaults(now) | state
        return wire.ReadResponse(id=request.id, properties=marshal(outputs), inputs=marshal(now))

    @_told
    def Delete(self, request: wire.DeleteRequest) -> empty_pb2.Empty:  # noqa: N802
        resource = rows.resource(request.type)
        seconds = request.timeout or resource.timeouts.delete
        resource.delete(self._call(seconds, id=request.id, state=unmarshal(request.properties)))
        return empty_pb2.Empty()

    @_told
    def Invoke(self, request: wire.InvokeRequest) -> wire.InvokeResponse:  # noqa: N802
        function, args = rows.function(request.tok), unmarshal(request.args)
        if unserved := sorted(args.keys() - function.arguments):
            raise LocalError(f"{SERVED} {', '.join(unserved)} of {function.token}")
        answer: dict[str, Any] = {"return": marshal(function.call(self.aws, args))}  # a keyword of Python
        return wire.InvokeResponse(**answer)

    def _call(self, seconds: float, **properties: Any) -> Call:  # noqa: ANN401 - fields of Call
        return Call(aws=self.aws, wait=Wait(seconds=seconds, stop=self._stop), **properties)


def _failures(faults: Iterable[checks.Fault]) -> list[wire.CheckFailure]:
    return [wire.CheckFailure(property=fault.property, reason=fault.reason) for fault in faults]


def _diff_response(changed: Any, replaces: Any, *, delete_first: bool = False) -> wire.DiffResponse:  # noqa: ANN401
    changes = wire.DiffResponse.DIFF_SOME if changed else wire.DiffResponse.DIFF_NONE
    return wire.DiffResponse(
        changes=changes, diffs=changed, replaces=replaces, deleteBeforeReplace=delete_first
    )
