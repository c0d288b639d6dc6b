"""The keys of an app file: types, bounds and defaults. A message reads on after the key's name."""

import ipaddress
import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from manifest.names import COUNT_MAX, name_fault

_DURATION = re.compile(r"([1-9][0-9]{0,4})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_S3_URL = re.compile(r"s3://[a-z0-9][a-z0-9-]+/([\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""A bucket without dots, which TLS wants, and a key that is the same in a URL, a signature and a policy."""
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _name(value: str) -> str:
    if fault := name_fault(value):
        raise ValueError(fault)
    return value


def _seconds(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("must be a duration such as 10s, 5m or 1h")
    return int(match[1]) * _SECONDS[match[2]]


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        raise ValueError(f"must be a range of addresses such as 203.0.113.0/24: {error}") from None


def _command(value: str) -> str:
    if not value.strip():
        raise ValueError("must be a command, such as bin/web")
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("must be one line without control characters; put more into a script of the slug")
    return value


def _slug_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "s3"} or not parts.netloc or not parts.path.strip("/"):
        raise ValueError("must be https://HOST/PATH or s3://BUCKET/KEY")
    if parts.password is not None:
        raise ValueError(
            "must hold no password: the script, the state and previews show it; use s3:// for what is private"
        )
    if parts.scheme == "s3" and not _S3_URL.fullmatch(value):
        raise ValueError("must be s3://BUCKET/KEY of letters, digits, '-', '_' and '.' (no '.' in BUCKET)")
    if re.search(r"[^\x21-\x7e]|[\"\\]", value):
        raise ValueError(
            "must hold only printable ASCII without blanks, quotes and backslashes; encode others as %20"
        )
    return value


def _http_path(value: str) -> str:
    if not re.fullmatch(r"/[\x21-\x7e]*", value) or re.search(r"[\"\\]", value):
        raise ValueError("must be a path such as / or /health, in printable ASCII")
    return value


def _folder(value: str) -> str:
    if PurePosixPath(value).is_absolute():
        raise ValueError("must be a folder relative to the app's file, such as ../slugs/hello")
    return value


def _env_value(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValueError("must be text; quote it")  # noqa: TRY004 - pydantic collects ValueError only
    if "\0" in text or text.endswith((" ", "\t")):
        raise ValueError("cannot end with a blank, nor hold NUL: runit's envdir would not carry it")
    return text


def _env_name(value: str) -> str:
    if not _ENV_NAME.fullmatch(value):
        raise ValueError("must be a name of letters, digits and _")
    if value == "PORT":
        raise ValueError("comes from the key port")
    return value


def _long_healthcheck(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    if twice := next((value for n, value in enumerate(values) if value in values[:n]), None):
        raise ValueError(f"names {twice} twice")
    return values


Seconds = Annotated[int, BeforeValidator(_seconds)]
Network = Annotated[str, AfterValidator(_network)]
EnvName = Annotated[str, AfterValidator(_env_name)]
EnvValue = Annotated[str, BeforeValidator(_env_value)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Healthcheck(_Keys):
    """The app's own answer that it serves: GET `path` on its port gives a status from 200 to 399."""

    path: Annotated[str, AfterValidator(_http_path)] = "/"
    start_timeout: Seconds = 60


class Deploy(_Keys):
    """How a change rolls out."""

    min_healthy_time: Seconds = 10
    healthy_deadline: Seconds = 300

    @model_validator(mode="after")
    def _time_to_be_healthy(self) -> Self:
        if self.min_healthy_time >= self.healthy_deadline:
            raise ValueError("healthy_deadline must be longer than min_healthy_time")
        return self


class AppFile(_Keys):
    """All layers of one app, merged."""

    name: Annotated[str, AfterValidator(_name)]
    image_id: Annotated[str, Field(pattern=r"^ami-[0-9a-f]{8,17}$")] | None = None
    instance_type: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")] = "t3.micro"
    subnet: Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")] | None = None
    key_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    slug_url: Annotated[str, AfterValidator(_slug_url)] | None = None
    slug_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    source: Annotated[str, AfterValidator(_folder)] | None = None
    cmd: Annotated[str, AfterValidator(_command)]
    runtime: Literal["none", "ruby"] = "none"
    env: dict[EnvName, EnvValue] = {}
    count: Annotated[int, Field(ge=0, le=COUNT_MAX)] = 1
    port: Annotated[int, Field(ge=1024, le=65535)] = 5000  # the app is not root, which lower ones want
    healthcheck: Annotated[Healthcheck, BeforeValidator(_long_healthcheck)] = Healthcheck()
    allow_from: Annotated[tuple[Network, ...], AfterValidator(_unique), Field(strict=False)] = ()
    deploy: Deploy = Deploy()

    @model_validator(mode="after")
    def _one_slug(self) -> Self:
        if bool(self.slug_url) == bool(self.source):
            raise ValueError("needs one of slug_url and source" + (", not both" if self.source else ""))
        if self.slug_sha256 and not self.slug_url:
            raise ValueError("slug_sha256 goes with slug_url; a source is checked by itself")
        if self.healthcheck.start_timeout >= self.deploy.healthy_deadline:
            raise ValueError("healthcheck.start_timeout must be shorter than deploy.healthy_deadline")
        return self
