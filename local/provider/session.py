"""Provider configuration -> AWS clients, for a local AWS and nothing else."""

import ipaddress
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError
from local.provider.values import Properties

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_iam import IAMClient
    from types_boto3_s3 import S3Client
    from types_boto3_sts import STSClient

SERVICES = ("ec2", "iam", "s3", "sts")

SERVED_KEYS = frozenset(
    {"region", "profile", "accessKey", "secretKey", "token", "endpoints", "s3UsePathStyle", "defaultTags"}
    | {"allowedAccountIds", "skipCredentialsValidation", "skipRequestingAccountId", "skipMetadataApiCheck"}
    | {"skipRegionValidation", "version"},
)
"""Keys of pulumi-aws's configuration that mean here what they mean there. `version` is the engine's."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The provider's configuration; what is None is left to the standard chain of the AWS SDK."""

    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    token: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    path_style: bool = False
    allowed_accounts: frozenset[str] = frozenset()
    default_tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, config: Properties) -> "Settings":
        """From what the engine sends: everything that is not text comes as JSON in a text."""
        values = {key: _value(key, value) for key, value in config.items()}
        return cls(
            region=values.get("region"),
            profile=values.get("profile"),
            access_key=values.get("accessKey"),
            secret_key=values.get("secretKey"),
            token=values.get("token"),
            endpoints={key: url for each in values.get("endpoints", ()) for key, url in each.items() if url},
            path_style=values.get("s3UsePathStyle", False),
            allowed_accounts=frozenset(str(account) for account in values.get("allowedAccountIds", ())),
            default_tags=values.get("defaultTags", {}).get("tags", {}),
        )


_TEXTS = frozenset({"region", "profile", "accessKey", "secretKey", "token", "version"})


def _value(key: str, value: Any) -> Any:  # noqa: ANN401 - whatever a stack file can hold
    if not isinstance(value, str) or key in _TEXTS:
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise LocalError(f"aws:{key} of the stack is {value!r}, which is not what this key takes") from error


def unserved(config: Properties) -> Iterable[str]:
    """Keys of the provider's configuration that the stand-in would have to pass over in silence."""
    return (key for key in sorted(config) if key not in SERVED_KEYS and not key.startswith("__"))


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The clients of one configured provider; boto3's clients may be used by many threads at once."""

    ec2: "EC2Client"
    iam: "IAMClient"
    s3: "S3Client"
    sts: "STSClient"
    region: str
    account: str
    default_tags: Mapping[str, str] = field(default_factory=dict)


def connect(settings: Settings) -> Aws:
    """Clients for `settings`.

    Raises LocalError if an endpoint is not on the loopback, if nobody answers there, or if the credentials
    are wrong or of another account than the stack allows.
    """
    session = boto3.Session(
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        aws_session_token=settings.token,
        # The real provider reads AWS_REGION too; boto3 does not.
        region_name=settings.region or os.environ.get("AWS_REGION"),
        profile_name=settings.profile,
    )
    clients = {service: _client(session, service, settings) for service in SERVICES}
    for service, client in clients.items():
        _refuse_far(service, client.meta.endpoint_url)
    account = _account(clients["sts"])
    _refuse_other_accounts(account, settings.allowed_accounts)
    region = clients["ec2"].meta.region_name
    return Aws(**clients, region=region, account=account, default_tags=settings.default_tags)


def _client(session: boto3.Session, service: str, settings: Settings) -> Any:  # noqa: ANN401 - one of four
    style: Any = "path" if settings.path_style else "auto"
    return session.client(
        service,
        endpoint_url=settings.endpoints.get(service),
        config=BotoConfig(
            max_pool_connections=128,  # as many as the engine can ask for at once, and some
            retries={"mode": "standard", "total_max_attempts": 5},
            s3={"addressing_style": style},
        ),
    )


def _refuse_far(service: str, url: str) -> None:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or _is_loopback(host):
        return
    raise LocalError(
        f"the stand-in for pulumi-aws speaks only to a local AWS, but the endpoint of {service} is {url}",
        hint="for AWS itself take the stand-in off PATH, and pulumi fetches the real plugin;"
        ' for the local AWS run eval "$(make -s local-env)"',
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _account(sts: "STSClient") -> str:
    """Whose credentials these are. Always asked: the `skip...` keys spare calls to a far AWS."""
    try:
        return sts.get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise LocalError(
            f"validating AWS credentials at {sts.meta.endpoint_url}: {error}",
            hint="if the local AWS does not run, make up starts it",
        ) from error


def _refuse_other_accounts(account: str, allowed: frozenset[str]) -> None:
    # The words are the real provider's, so that a search for them finds its documentation.
    if allowed and account not in allowed:
        raise LocalError(
            f"AWS account ID not allowed: {account}",
            hint=f"aws:allowedAccountIds of this stack names {', '.join(sorted(allowed))}",
        )
