"""The engine's side of the protocol, as short as tests like it."""

from dataclasses import dataclass, field
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as wire
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from local.provider.values import Properties, marshal, unmarshal

INSTANCE = "aws:ec2/instance:Instance"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
PROFILE = "aws:iam/instanceProfile:InstanceProfile"
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "ec2.amazonaws.com"}}]}'
)
READ = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
)


@dataclass(kw_only=True)
class Made:
    """A resource as the engine's state has it."""

    type: str
    id: str
    inputs: Properties
    outputs: Properties = field(default_factory=dict)


class RefusedError(Exception):
    """A check that failed: property -> reason."""

    def __init__(self, failures: Any) -> None:
        super().__init__({failure.property: failure.reason for failure in failures})
        self.reasons: dict[str, str] = self.args[0]


class Plugin:
    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.raw = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def configure(self, config: Properties) -> None:
        answer = self.raw.CheckConfig(wire.CheckRequest(news=marshal(config)))
        if answer.failures:
            raise RefusedError(answer.failures)
        assert self.raw.Configure(wire.ConfigureRequest(args=marshal(config))).supportsPreview

    def check(self, type_: str, old: Properties, **inputs: Any) -> Properties:
        request = wire.CheckRequest(
            type=type_,
            name="hello",
            urn=f"urn:{type_}::hello",
            randomSeed=b"seed",
            olds=marshal(old),
            news=marshal(inputs),
        )
        answer = self.raw.Check(request)
        if answer.failures:
            raise RefusedError(answer.failures)
        return unmarshal(answer.inputs)

    def preview(self, type_: str, **inputs: Any) -> Properties:
        checked = self.check(type_, {}, **inputs)
        request = wire.CreateRequest(type=type_, properties=marshal(checked), preview=True)
        answer = self.raw.Create(request)
        assert not answer.id
        return unmarshal(answer.properties)

    def create(self, type_: str, seconds: float = 0, **inputs: Any) -> Made:
        checked = self.check(type_, {}, **inputs)
        request = wire.CreateRequest(type=type_, properties=marshal(checked), timeout=seconds)
        answer = self.raw.Create(request)
        return Made(type=type_, id=answer.id, inputs=checked, outputs=unmarshal(answer.properties))

    def diff(self, made: Made, **inputs: Any) -> wire.DiffResponse:
        new = self.check(made.type, made.inputs, **inputs)
        return self.raw.Diff(
            wire.DiffRequest(
                type=made.type,
                id=made.id,
                olds=marshal(made.outputs),
                old_inputs=marshal(made.inputs),
                news=marshal(new),
            )
        )

    def update(self, made: Made, *, preview: bool = False, **inputs: Any) -> Properties:
        """The outputs after `made` has become what `inputs` say; not in place is no update."""
        assert not list(self.diff(made, **inputs).replaces)
        new = self.check(made.type, made.inputs, **inputs)
        request = wire.UpdateRequest(
            type=made.type,
            id=made.id,
            olds=marshal(made.outputs),
            old_inputs=marshal(made.inputs),
            news=marshal(new),
            preview=preview,
        )
        outputs = unmarshal(self.raw.Update(request).properties)
        if not preview:
            made.inputs, made.outputs = new, outputs
        return outputs

    def read(self, type_: str, id_: str, inputs: Properties | None = None) -> Made | None:
        """None: gone. Without `inputs` as an import does it."""
        answer = self.raw.Read(wire.ReadRequest(type=type_, id=id_, inputs=marshal(inputs or {})))
        if not answer.id:
            return None
        return Made(type=type_, id=id_, inputs=unmarshal(answer.inputs), outputs=unmarshal(answer.properties))

    def refresh(self, made: Made) -> Made | None:
        return self.read(made.type, made.id, made.inputs)

    def delete(self, made: Made, seconds: float = 0) -> None:
        state = marshal(made.outputs)
        self.raw.Delete(wire.DeleteRequest(type=made.type, id=made.id, properties=state, timeout=seconds))

    def unchanged(self, made: Made) -> bool:
        """Whether a refresh finds what was made just as it was made."""
        found = self.refresh(made)
        return found is not None and (found.outputs, found.inputs) == (made.outputs, made.inputs)

    def gone(self, made: Made) -> bool:
        """Deletes it, twice, since somebody else may have been first; whether it is gone then."""
        self.delete(made)
        self.delete(made)
        return self.refresh(made) is None

    def invoke(self, token: str, **args: Any) -> Properties:
        answer = self.raw.Invoke(wire.InvokeRequest(tok=token, args=marshal(args)))
        return unmarshal(getattr(answer, "return"))

    def cancel(self) -> None:
        self.raw.Cancel(empty_pb2.Empty())


def unfinished(error: grpc.RpcError) -> wire.ErrorResourceInitFailed:
    """What the engine stores of a creation that failed half way."""
    metadata = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail = wire.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return detail
