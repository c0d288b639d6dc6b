"""The kinds of values in app files: what each may be, and how an editor sees it.

A message reads on after the key's name. `WithJsonSchema` tells editors what stands in the file, where the
value in the program is another.
"""

import ipaddress
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from manifest.like import Like
from manifest.names import NAME, NAME_MAX, OWN_TAGS, name_fault

COUNT_MAX: Final = 1000
"""Instances of one process; beyond it several stacks are the better fleet."""

IMAGE_ID: Final = Like(r"ami-[0-9a-f]{8,17}", "must be an image id", "ami-0abc1234")
SUBNET_ID: Final = Like(r"subnet-[0-9a-f]{8,17}", "must be a subnet id", "subnet-0abc1234")

_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_SHARE: Final = re.compile(r"([1-9][0-9]?|100)%")
_CODES: Final = re.compile(r"[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*")
_S3_URL: Final = re.compile(r"s3://[a-z0-9][a-z0-9-]+/([\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""A bucket without dots, which TLS wants, and a key that is the same in a URL, a signature and a policy."""
_URL_SHAPE: Final = "must be https://HOST/PATH or s3://BUCKET/KEY"
_ENV_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENV_NAME_MAX: Final = 255
"""It is the name of a file on the machine."""
_TAG: Final = re.compile(r"[\w .:/=+@-]*")
"""What every AWS service takes in a tag: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"""
_TAG_KEY_MAX: Final = 128
_TAG_VALUE_MAX: Final = 256


def _name(value: str) -> str:
    if fault := name_fault(value):
        raise ValueError(fault)
    return value


def _seconds(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("must be a duration such as 10s, 5m or 1h")
    return int(match[1]) * _SECONDS[match[2]]


def _duration(seconds: int) -> str:
    """As people write it: `5m` for 300."""
    unit = next(unit for unit in ("h", "m", "s") if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


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
    parts = _split(value)
    if parts.scheme not in {"https", "s3"} or not parts.netloc or not parts.path.strip("/"):
        raise ValueError(_URL_SHAPE)
    if "@" in parts.netloc:
        raise ValueError(
            "must hold no user, password or token: the script, the state and previews show it; "
            "use s3:// for what is private"
        )
    if parts.scheme == "s3" and not _S3_URL.fullmatch(value):
        raise ValueError("must be s3://BUCKET/KEY of letters, digits, '-', '_' and '.' (no '.' in BUCKET)")
    if re.search(r"[^\x21-\x7e]|[\"\\]", value):
        raise ValueError(
            "must hold only printable ASCII without blanks, quotes and backslashes; encode others as %20"
        )
    return value


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # which is looked at only when it is asked for
    except ValueError:
        raise ValueError(_URL_SHAPE) from None
    return parts


def _folder(value: str) -> str:
    if not value or not value.isprintable() or PurePosixPath(value).is_absolute():
        raise ValueError("must be a folder relative to the app's file, such as ../slugs/hello")
    return value


def _text(value: object) -> object:
    """A number reads as its digits, as people mean it; true and false may be meant otherwise."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        quote = "; quote it" if isinstance(value, bool) else ""
        raise ValueError(f"must be text{quote}")  # noqa: TRY004 - pydantic collects ValueError only
    return text


def _env_value(value: str) -> str:
    if "\0" in value or value.endswith((" ", "\t")):
        raise ValueError("cannot end with a blank, nor hold NUL: runit's envdir would not carry it")
    return value


def _env_name(value: str) -> str:
    if not _ENV_NAME.fullmatch(value):
        raise ValueError("must be a name of letters, digits and _")
    if len(value) > _ENV_NAME_MAX:
        raise ValueError(f"must have at most {_ENV_NAME_MAX} characters")
    if value == "PORT":
        raise ValueError("comes from the key port")
    return value


def _tag_text(value: str) -> str:
    if not _TAG.fullmatch(value):
        raise ValueError("must hold only letters, digits, blanks and _ . : / = + - @")
    return value


def _tag_value(value: str) -> str:
    if len(value) > _TAG_VALUE_MAX:
        raise ValueError(f"must have at most {_TAG_VALUE_MAX} characters")
    return _tag_text(value)


def _tag_key(value: str) -> str:
    if value == "Name" or value.startswith(OWN_TAGS) or value.lower().startswith("aws:"):
        raise ValueError(f"is not yours to set: Name, {OWN_TAGS}... and aws:... are taken")
    return _tag_text(value)


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("must name at least 1")
    return values


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    if twice := next((value for value, times in Counter(values).items() if times > 1), None):
        raise ValueError(f"names {twice} twice")
    return values


Name = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": NAME_MAX}),
]
ImageId = Annotated[str, IMAGE_ID]
InstanceType = Annotated[str, Like(r"[a-z0-9-]+\.[a-z0-9-]+", "must be an EC2 instance type", "t3.micro")]
SubnetId = Annotated[str, SUBNET_ID]
Package = Annotated[str, Like(r"[a-z0-9][a-z0-9+.-]+", "must be a Debian package", "imagemagick")]
"""https://www.debian.org/doc/debian-policy/ch-controlfields.html#source"""
Command = Annotated[str, AfterValidator(_command), Field(examples=["bin/web"])]
SlugUrl = Annotated[str, AfterValidator(_slug_url), Field(examples=["https://HOST/PATH", "s3://BUCKET/KEY"])]
Sha256 = Annotated[str, Like(r"[0-9a-f]{64}", "must be 64 hex digits, as sha256sum prints them")]
Folder = Annotated[str, AfterValidator(_folder), Field(examples=["../slugs/hello"])]
HttpPath = Annotated[str, Like(r"/[!#-\[\]-~]*", "must be a path in printable ASCII", "/health")]
Network = Annotated[str, AfterValidator(_network), Field(examples=["203.0.113.0/24"])]
Seconds = Annotated[
    int,
    BeforeValidator(_seconds),
    PlainSerializer(_duration),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["10s", "5m", "1h"]},
    ),
]
Share = Annotated[
    int | str,
    BeforeValidator(_share),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": f"^({_SHARE.pattern})$"},
            ],
            "examples": [2, "25%"],
        }
    ),
]
Codes = Annotated[
    str,
    BeforeValidator(_codes),
    WithJsonSchema(
        {"type": ["string", "integer"], "pattern": f"^{_CODES.pattern}$", "examples": ["200-399", "200,204"]}
    ),
]
EnvName = Annotated[
    str,
    AfterValidator(_env_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_ENV_NAME.pattern}$"}),
]
EnvValue = Annotated[
    str,
    BeforeValidator(_text),
    AfterValidator(_env_value),
    WithJsonSchema({"type": ["string", "integer"]}),
]
TagKey = Annotated[str, Field(min_length=1, max_length=_TAG_KEY_MAX), AfterValidator(_tag_key)]
TagValue = Annotated[
    str,
    BeforeValidator(_text),
    AfterValidator(_tag_value),
    WithJsonSchema({"type": ["string", "integer"], "maxLength": _TAG_VALUE_MAX}),
]

Networks = Annotated[tuple[Network, ...], Field(strict=False), AfterValidator(_unique)]
Packages = Annotated[tuple[Package, ...], Field(strict=False), AfterValidator(_unique)]
SubnetIds = Annotated[
    tuple[SubnetId, ...],
    Field(strict=False, json_schema_extra={"minItems": 1}),
    AfterValidator(_some),
    AfterValidator(_unique),
]
