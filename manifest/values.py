"""The kinds of values in app files: what each may be, and how an editor sees it.

A message reads on after the key's name. `WithJsonSchema` tells editors what stands in the file, where the
value in the program is another.
"""

import ipaddress
import re
from pathlib import PurePosixPath
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from manifest.names import OWN_TAGS, name_fault

_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_SHARE: Final = re.compile(r"([1-9][0-9]?|100)%")
_CODES: Final = re.compile(r"[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*")
_S3_URL: Final = re.compile(r"s3://[a-z0-9][a-z0-9-]+/([\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""A bucket without dots, which TLS wants, and a key that is the same in a URL, a signature and a policy."""
_ENV_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAG: Final = re.compile(r"[\w .:/=+@-]*")
"""What every AWS service takes in a tag: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"""


def _name(value: str) -> str:
    if fault := name_fault(value):
        raise ValueError(fault)
    return value


def _seconds(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("must be a duration such as 10s, 5m or 1h")
    return int(match[1]) * _SECONDS[match[2]]


def _share(value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if not whole and not (isinstance(value, str) and _SHARE.fullmatch(value)):
        raise ValueError("must be a number of instances from 1 up, or a share such as 25%")
    return value


def _codes(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _CODES.fullmatch(text):
        raise ValueError("must be HTTP statuses such as 200-399 or 200,204")
    for first, _, last in (part.partition("-") for part in text.split(",")):
        if last and last < first:
            raise ValueError(f"{first}-{last} begins above its end")
    return text


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


def _text(value: object) -> object:
    """A number reads as its digits, as people mean it; true and false may be meant otherwise."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValueError("must be text; quote it")  # noqa: TRY004 - pydantic collects ValueError only
    return text


def _env_value(value: str) -> str:
    if "\0" in value or value.endswith((" ", "\t")):
        raise ValueError("cannot end with a blank, nor hold NUL: runit's envdir would not carry it")
    return value


def _env_name(value: str) -> str:
    if not _ENV_NAME.fullmatch(value):
        raise ValueError("must be a name of letters, digits and _")
    if value == "PORT":
        raise ValueError("comes from the key port")
    return value


def _tag_text(value: str) -> str:
    if not _TAG.fullmatch(value):
        raise ValueError("must hold only letters, digits, blanks and _ . : / = + - @")
    return value


def _tag_key(value: str) -> str:
    if value == "Name" or value.startswith(OWN_TAGS) or value.lower().startswith("aws:"):
        raise ValueError(f"is not yours to set: Name, {OWN_TAGS}... and aws:... are taken")
    return _tag_text(value)


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    if twice := next((value for n, value in enumerate(values) if value in values[:n]), None):
        raise ValueError(f"names {twice} twice")
    return values


Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": "^[a-z][a-z0-9-]*$"})]
ImageId = Annotated[str, Field(pattern=r"^ami-[0-9a-f]{8,17}$")]
InstanceType = Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
Package = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]
"""https://www.debian.org/doc/debian-policy/ch-controlfields.html#source"""
Command = Annotated[str, AfterValidator(_command)]
SlugUrl = Annotated[str, AfterValidator(_slug_url)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Folder = Annotated[str, AfterValidator(_folder)]
HttpPath = Annotated[str, AfterValidator(_http_path)]
Network = Annotated[str, AfterValidator(_network)]
Seconds = Annotated[
    int, BeforeValidator(_seconds), WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"})
]
Share = Annotated[
    int | str,
    BeforeValidator(_share),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": f"^({_SHARE.pattern})$"}]}
    ),
]
Codes = Annotated[
    str,
    BeforeValidator(_codes),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{_CODES.pattern}$"}),
]
_Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "integer"]})]
EnvName = Annotated[str, AfterValidator(_env_name)]
EnvValue = Annotated[_Text, AfterValidator(_env_value)]
TagKey = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_tag_key)]
TagValue = Annotated[_Text, Field(max_length=256), AfterValidator(_tag_text)]

Networks = Annotated[tuple[Network, ...], AfterValidator(_unique), Field(strict=False)]
Packages = Annotated[tuple[Package, ...], AfterValidator(_unique), Field(strict=False)]
SubnetIds = Annotated[tuple[SubnetId, ...], AfterValidator(_unique), Field(strict=False, min_length=1)]
