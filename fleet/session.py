"""Our own eyes on AWS: clients for the account and with the access that the provider uses."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

PARALLEL_READS = 8
"""Consoles read at once: GetConsoleOutput is throttled per account."""

FILTER_MAX: Final = 200
"""Values of one filter: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html"""

_PATIENCE = Config(
    connect_timeout=5,
    read_timeout=15,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=PARALLEL_READS + 1,
)
"""Seconds and tries: a call that hangs must not hold the gates' clock; the watcher asks again anyway."""


def ec2_client(provider: Mapping[str, Any]) -> "EC2Client":
    """A client from the provider's config: what the stack configures wins over the shell's variables.

    What it leaves open comes from the standard chain, as for the provider.
    """
    client: EC2Client = _client(provider, "ec2")
    return client


def account_of(provider: Mapping[str, Any]) -> str:
    """The account that the provider's access belongs to. Raises botocore's errors."""
    return str(_client(provider, "sts").get_caller_identity()["Account"])


def described(
    ec2: "EC2Client", operation: str, found: str, filters: Mapping[str, Collection[str]], **more: object
) -> Iterator[Any]:
    """What `found` (`Images[]`, JMESPath) picks from an operation's answers, of what the filters let pass.

    By filters, for an id that AWS does not know would fail the call for all. The first filter may have any
    number of values; with none nothing is asked. Raises botocore's errors.
    """
    pages: Any = ec2.get_paginator(operation)  # type: ignore[call-overload]  # they know literal names alone
    (first, values), *others = filters.items()
    ordered = sorted(values)
    for start in range(0, len(ordered), FILTER_MAX):
        chosen = [(first, ordered[start : start + FILTER_MAX]), *others]
        given = [{"Name": name, "Values": [*some]} for name, some in chosen]
        yield from pages.paginate(Filters=given, **more).search(found)


def _client(provider: Mapping[str, Any], service: str) -> Any:  # noqa: ANN401 - what it is depends on the name
    session = _session(provider)
    for role in _roles(provider):
        session = _assumed(session, role)
    factory: Any = session.client  # its overloads know literal names alone
    return factory(service, endpoint_url=_endpoint(provider, service), config=_PATIENCE)


def _session(provider: Mapping[str, Any]) -> boto3.Session:
    return boto3.Session(
        botocore_session=_without_shell_profile() if provider.get("accessKey") else None,
        aws_access_key_id=provider.get("accessKey"),
        aws_secret_access_key=provider.get("secretKey"),
        aws_session_token=provider.get("token"),
        region_name=provider.get("region"),
        profile_name=provider.get("profile"),
    )


def _without_shell_profile() -> botocore.session.Session:
    """For a session with credentials of its own: a profile that the shell names must not even exist."""
    return botocore.session.Session(session_vars={"profile": (None, None, None, None)})


def _roles(provider: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    roles = provider.get("assumeRoles") or ([provider["assumeRole"]] if provider.get("assumeRole") else [])
    return [role for role in roles if role.get("roleArn")]


def _assumed(session: boto3.Session, role: Mapping[str, Any]) -> boto3.Session:
    """A session that acts as the role, and goes on when its credentials run out."""
    core = session._session  # noqa: SLF001 - boto3 offers no other way to chain a role in code
    options = {
        "RoleSessionName": role.get("sessionName", "compute-instances"),
        "ExternalId": role.get("externalId"),
    }
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=core.create_client,
        source_credentials=core.get_credentials(),
        role_arn=role["roleArn"],
        extra_args={key: value for key, value in options.items() if value},
    )
    assumed: Any = _without_shell_profile()
    assumed._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")  # noqa: SLF001
    return boto3.Session(botocore_session=assumed, region_name=session.region_name)


def _endpoint(provider: Mapping[str, Any], service: str) -> str | None:
    """The provider's `endpoints` is a list of maps, service -> address."""
    return next((entry[service] for entry in provider.get("endpoints") or () if entry.get(service)), None)
