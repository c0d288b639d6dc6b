"""Our own access to AWS: the account, the region and the credentials that the provider uses."""

from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, Credentials, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

_PATIENCE: Final = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "max_attempts": 3})
"""Seconds and tries: a call that hangs must not hold the gates' clock; the watcher asks again anyway."""


class Access:
    """What the provider's config opens: what the stack configures wins over the shell's variables.

    What it leaves open comes from the standard chain, as for the provider. All of it raises botocore's
    errors.
    """

    def __init__(self, provider: Mapping[str, Any]) -> None:
        self._provider = provider

    @cached_property
    def ec2(self) -> "EC2Client":
        """Made when it is first asked for: so a wrong profile is an answer that does not come."""
        client: EC2Client = self.client("ec2")
        return client

    def account(self) -> str:
        """The account that the credentials belong to."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def client(self, service: str) -> Any:  # noqa: ANN401 - what it is depends on the name
        """A boto3 client of the service."""
        session = self._session()
        for role in _roles(self._provider):
            session = self._assume(role, session)
        factory: Any = session.client  # its overloads know literal names alone
        return factory(service, endpoint_url=self._endpoint(service), config=_PATIENCE)

    def _session(self) -> boto3.Session:
        provider = self._provider
        return boto3.Session(
            botocore_session=_without_shell_profile() if provider.get("accessKey") else None,
            aws_access_key_id=provider.get("accessKey"),
            aws_secret_access_key=provider.get("secretKey"),
            aws_session_token=provider.get("token"),
            region_name=provider.get("region"),
            profile_name=provider.get("profile"),
        )

    def _assume(self, role: Mapping[str, Any], session: boto3.Session) -> boto3.Session:
        """A session that acts as the role, and goes on when its credentials run out."""
        core = session._session  # noqa: SLF001 - boto3 offers no other way to chain a role in code
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(core.create_client, endpoint_url=self._endpoint("sts"), config=_PATIENCE),
            source_credentials=_credentials(core),
            role_arn=role["roleArn"],
            extra_args=_options(role),
        )
        assumed: Any = _without_shell_profile()
        later = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        assumed._credentials = later  # noqa: SLF001 - as above
        return boto3.Session(botocore_session=assumed, region_name=session.region_name)

    def _endpoint(self, service: str) -> str | None:
        """The provider's `endpoints` is a list of maps, service -> address."""
        endpoints = self._provider.get("endpoints") or ()
        return next((entry[service] for entry in endpoints if entry.get(service)), None)


def _without_shell_profile() -> botocore.session.Session:
    """For a session with credentials of its own: a profile that the shell names must not even exist."""
    return botocore.session.Session(session_vars={"profile": (None, None, None, None)})


def _roles(provider: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    roles = provider.get("assumeRoles") or ([provider["assumeRole"]] if provider.get("assumeRole") else [])
    return [role for role in roles if role.get("roleArn")]


def _options(role: Mapping[str, Any]) -> dict[str, str]:
    name = role.get("sessionName", "compute-instances")
    options = {"RoleSessionName": name, "ExternalId": role.get("externalId")}
    return {key: value for key, value in options.items() if value}


def _credentials(core: botocore.session.Session) -> Credentials:
    """By which a role is assumed. Raises NoCredentialsError, as any call without a role does."""
    if (found := core.get_credentials()) is None:
        raise NoCredentialsError
    return found
