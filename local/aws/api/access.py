"""Who may do what: IAM's check of a request; moto's asks for neither resources nor conditions."""

import base64
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import AccessDeniedError, JsonRESTError
from moto.ec2.models import ec2_backends
from moto.iam.access_control import IAMPolicy, IAMRequest, S3IAMRequest
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.exceptions import S3AccessDeniedError

from local.aws.api.needs import Asked, Tags, needs_of
from local.aws.api.policy import Need, allows

_KEY_ID = struct.Struct("36s")
"""How moto's ciphertexts begin."""


class LocalRequest(IAMRequest):  # type: ignore[misc]  # moto is not typed for us
    """A request; signatures stay moto's, and so does whom a role trusts."""

    def check_action_permitted(self, resource: str) -> None:
        if self._action == "sts:GetCallerIdentity":  # nobody is refused it
            return
        refusal = self._refusal()
        _judge(self, resource, refusal)
        if self._is_assuming_role_operation(resource) and not self._check_role_trust_relationship(resource):
            raise refusal(_told(self._access_key.arn, Need(action=self._action, resource=resource)))

    def _refusal(self) -> Callable[[str], Exception]:
        if "X-Amz-Target" in self._headers:
            return JsonRefusalError
        return Ec2RefusalError if self._service == "ec2" else RefusalError


class LocalS3Request(S3IAMRequest):  # type: ignore[misc]
    """A request to S3, which answers refusals in its own form."""

    def check_action_permitted(self, resource: str) -> None:
        _judge(self, resource, S3RefusalError)


class RefusalError(AccessDeniedError):  # type: ignore[misc]
    def __init__(self, text: str) -> None:
        super(AccessDeniedError, self).__init__("AccessDenied", text)


class Ec2RefusalError(AccessDeniedError):  # type: ignore[misc]
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""

    def __init__(self, text: str) -> None:
        super(AccessDeniedError, self).__init__("UnauthorizedOperation", text)


class JsonRefusalError(JsonRESTError):  # type: ignore[misc]
    def __init__(self, text: str) -> None:
        super().__init__("AccessDeniedException", text)


class S3RefusalError(S3AccessDeniedError):  # type: ignore[misc]
    def __init__(self, text: str) -> None:
        super(S3AccessDeniedError, self).__init__("AccessDenied", text)


def _judge(request: Any, resource: str, refusal: Callable[[str], Exception]) -> None:  # noqa: ANN401 - moto's
    key = request._access_key  # noqa: SLF001 - as all below, what moto's own check reads
    documents = [IAMPolicy(policy)._policy_json for policy in key.collect_policies()]  # noqa: SLF001
    for need in needs_of(_asked(request, resource)):
        try:
            allowed = allows(documents, need)
        except NotImplementedError as error:  # an answer that nobody asks for again, as for an HTTP 500
            raise refusal(str(error)) from error
        if not allowed:
            raise refusal(_told(key.arn, need))


def _told(who: str, need: Need) -> str:
    """In AWS's own words."""
    action = need.action
    because = f"because no identity-based policy allows the {action} action"
    return f"User: {who} is not authorized to perform: {action} on resource: {need.resource} {because}"


def _asked(request: Any, resource: str) -> Asked:  # noqa: ANN401
    service, _, action = request._action.partition(":")  # noqa: SLF001
    return Asked(
        service=service,
        action=action,
        resource=resource,
        method=request._method,  # noqa: SLF001
        path=request._path,  # noqa: SLF001
        parameters=request._data,  # noqa: SLF001
        body=request._body,  # noqa: SLF001
        headers=request._headers,  # noqa: SLF001
        account=request.account_id,
        region=request._region,  # noqa: SLF001
        known=_Account(request.account_id, request._region),  # noqa: SLF001
    )


@dataclass(frozen=True)
class _Account:
    """What moto's backends know."""

    id: str
    region: str

    def tags(self, id_: str) -> Tags:
        return dict(ec2_backends[self.id][self.region].tags.get(id_, {}))

    def roles(self, profile: str) -> Sequence[str]:
        try:
            found = iam_backends[self.id]["aws"].get_instance_profile(profile)
        except NotFoundException:
            return []
        return [role.arn for role in found.roles]

    def key(self, request: Mapping[str, Any]) -> str:
        if "KeyId" in request:
            id_ = kms_backends[self.id][self.region].any_id_to_key_id(request["KeyId"])
        elif "CiphertextBlob" in request:
            id_ = _KEY_ID.unpack_from(base64.b64decode(request["CiphertextBlob"]))[0].decode()
        else:
            return "*"
        return f"arn:aws:kms:{self.region}:{self.id}:key/{id_}"
