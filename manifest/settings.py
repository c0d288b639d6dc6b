"""A stack's config as one frozen value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from manifest.document import Document, read, read_if_there
from manifest.like import Like
from manifest.names import prefix_fault
from manifest.origins import Origin
from manifest.problems import ManifestError, Problem, did_you_mean
from manifest.values import COUNT_MAX, IMAGE_ID, SUBNET_ID

DOCUMENTATION_ACCOUNT: Final = "111122223333"
"""The account of AWS's own examples: nobody can deploy there. As shipped, an environment names it."""

MAX_REPLACED: Final = 50
"""Percent. More than half of a fleet at once, because of one edit, is rarely meant."""

PLACEHOLDER_IMAGE: Final = "ami-00000000000000000"
_PLACEHOLDER_SUBNET: Final = re.compile(r"subnet-0{16}\d")

_ASK_ACCOUNT: Final = "aws sts get-caller-identity --query Account --output text"
ASK_IMAGE: Final = (
    "aws ec2 describe-images --owners 136693071363 --filters 'Name=name,Values=debian-12-amd64-*' "
    "--query 'sort_by(Images,&CreationDate)[-1].ImageId' --output text --region "
)
ASK_SUBNETS: Final = (
    "aws ec2 describe-subnets --query 'Subnets[].[SubnetId,AvailabilityZone]' --output text --region "
)

_REGION: Final = Like(r"[a-z]{2,4}(-[a-z]+)+-\d", "must be a region", "eu-central-1")
_SHARE: Final = Like(r"(\d|[1-9]\d|100)%", "must be a share of the fleet", f"{MAX_REPLACED}%")
_CHANGE: Final = Like(r"(plan-[0-9a-f]{8})?", "must be a change's name", "plan-3fa9c1d2")
OWN_TEXTS: Final = ("approved", "imageId", "maxReplaced")
OWN_OBJECTS: Final = ("counts", "subnets")
OWN_KEYS: Final = (*OWN_TEXTS, *OWN_OBJECTS)

Count = int | Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a stack says: where it is, and what the app files may overrule or not.

    `image_id` and `subnets` are weaker than the app files, `counts` (app -> instances, or
    app -> {process: instances}) beats them. `max_replaced`: percent of the fleet that what apps share may
    replace at once; `approved`: the name of the one change that may replace more. `origins`: key -> where it
    was written.
    """

    project: str
    stack: str
    account: str
    region: str
    image_id: str | None = None
    subnets: tuple[str, ...] = ()
    counts: Mapping[str, Count] = field(default_factory=dict)
    max_replaced: int = MAX_REPLACED
    approved: str | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def origin(self, key: str) -> Origin:
        """Where `key` was written; line 0 where the stack's file does not hold it (`pulumi up --config`)."""
        return self.origins.get(key, Origin("stack config", stack_file(self.stack), 0, (key,)))

    def problem(self, key: str, text: str) -> Problem:
        """A problem with the value of `key`, told where it was written."""
        origin = self.origin(key)
        return Problem(origin.file, origin.line, f"{key}: {text}")


def stack_file(stack: str) -> str:
    """The name of a stack's config file (https://www.pulumi.com/docs/iac/concepts/config/)."""
    return f"Pulumi.{stack}.yaml"


def load_settings(root: Path, stack: str) -> Settings:
    """Settings from the files alone: Pulumi.yaml and the stack's file. Raises ManifestError."""
    name = stack_file(stack)
    if not (root / name).is_file():
        raise ManifestError([Problem(name, 0, f"does not exist, so there is no stack '{stack}'")])
    file = read(root, name)
    values = file.data.get("config")
    return _settings(root, stack, file, values if isinstance(values, dict) else {})


def parse_settings(root: Path, stack: str, values: Mapping[str, object]) -> Settings:
    """Settings from the values of a stack's config, keys as in its file (`aws:region`, `PROJECT:counts`).

    The stack's file, where it exists, tells lines and the keys that nobody knows. Raises ManifestError.
    """
    return _settings(root, stack, read_if_there(root, stack_file(stack)), values)


def _settings(root: Path, stack: str, file: Document, values: Mapping[str, object]) -> Settings:
    project = _project(root)
    if file.problems:
        raise ManifestError(file.problems)
    parser = _Parser(project, file, values)
    settings = Settings(
        project=project,
        stack=stack,
        account=parser.account(),
        region=parser.text("aws:region", _REGION) or "",
        image_id=parser.text(f"{project}:imageId", IMAGE_ID, required=False),
        subnets=parser.subnets(),
        counts=parser.counts(),
        max_replaced=parser.percent(f"{project}:maxReplaced", MAX_REPLACED),
        approved=parser.text(f"{project}:approved", _CHANGE, required=False) or None,
        origins=parser.origins(),
    )
    if fault := prefix_fault(f"{project}-{stack}", settings.region):
        parser.problem("", f"project and stack: {fault}")
    parser.refuse_unknown()
    if parser.problems:
        raise ManifestError(parser.problems)
    return settings


def _project(root: Path) -> str:
    file = read_if_there(root, "Pulumi.yaml")
    if name := file.data.get("name"):
        return str(name)
    text = "names no project; run this in the folder of Pulumi.yaml"
    raise ManifestError(file.problems or [Problem(file.file, 0, text)])


def refuse_placeholders(settings: Settings) -> None:
    """Raises ManifestError, saying what to fill in, for an environment that is still as shipped."""
    if problems := [*_placeholders(settings)]:
        raise ManifestError(problems)


def refuse_placeholder_account(settings: Settings) -> None:
    """The same, where nothing but the account matters."""
    if problems := [*_placeholder_account(settings)]:
        raise ManifestError(problems)


def _placeholder_account(settings: Settings) -> Iterator[Problem]:
    if settings.account == DOCUMENTATION_ACCOUNT:
        fill_in = f"pulumi config set --stack {settings.stack}"
        put = f"{fill_in} --type string --path 'aws:allowedAccountIds[0]' \"$({_ASK_ACCOUNT})\""
        text = f"is AWS's documentation account; put yours: {put}"
        yield settings.problem("aws:allowedAccountIds", text)


def _placeholders(settings: Settings) -> Iterator[Problem]:
    """Each with the command that fills it in, ready to paste."""
    yield from _placeholder_account(settings)
    fill_in, region = f"pulumi config set --stack {settings.stack}", settings.region
    if settings.image_id == PLACEHOLDER_IMAGE:
        put = f'{fill_in} imageId "$({ASK_IMAGE}{region})"'
        text = f"is a placeholder; put the official Debian 12 image of {region}: {put}"
        yield settings.problem("imageId", text)
    if any(_PLACEHOLDER_SUBNET.fullmatch(subnet) for subnet in settings.subnets):
        text = (
            "are placeholders; for the default VPC's: "
            f"pulumi config rm --stack {settings.stack} subnets; for your own: "
            f"{fill_in} --path 'subnets[0]' SUBNET, as told by: {ASK_SUBNETS}{region}"
        )
        yield settings.problem("subnets", text)


class _Parser:
    """Takes the known keys out of a mapping and collects what is wrong with them."""

    def __init__(self, project: str, file: Document, values: Mapping[str, object]) -> None:
        self.project = project
        self.file = file
        self.values = values
        self.problems: list[Problem] = []

    def problem(self, key: str, text: str, *below: str) -> None:
        line = self.file.lines.get(("config", key, *below)) or self.file.lines.get(("config", key), 0)
        name = ".".join([key.removeprefix(f"{self.project}:"), *below])
        self.problems.append(Problem(self.file.file, line, f"{name}: {text}" if key else text))

    def account(self) -> str:
        """The one account that the provider may touch; so bucket names need no look-up."""
        key = "aws:allowedAccountIds"
        match self.values.get(key):
            case [str() as account] if re.fullmatch(r"\d{12}", account):
                return account
            case _:
                self.problem(key, "must be a list of one account id, 12 digits in quotes")
                return ""

    def text(self, key: str, like: Like, *, required: bool = True) -> str | None:
        value = self.values.get(key)
        if like.fits(value):
            return value
        if required or value is not None:
            self.problem(key, like.fault)
        return None

    def percent(self, key: str, default: int) -> int:
        text = self.text(key, _SHARE, required=False)
        return int(text.removesuffix("%")) if text else default

    def subnets(self) -> tuple[str, ...]:
        key = f"{self.project}:subnets"
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(map(SUBNET_ID.fits, value)):
            self.problem(key, f"must be a list of subnet ids such as {SUBNET_ID.example}")
            return ()
        return tuple(value)

    def counts(self) -> dict[str, Count]:
        key = f"{self.project}:counts"
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.problem(
                key, "must be a map of app to number; set one by: pulumi config set --path counts.APP 3"
            )
            return {}
        return {app: number for app, number in value.items() if self.is_count(key, number, app)}

    def is_count(self, key: str, value: object, *below: str) -> bool:
        if isinstance(value, dict) and len(below) == 1:
            judged = [self.is_count(key, number, *below, process) for process, number in value.items()]
            return all(judged)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_MAX:
            return True
        self.problem(key, f"must be a whole number from 0 to {COUNT_MAX}, not {value!r}", *below)
        return False

    def refuse_unknown(self) -> None:
        """Pulumi passes over unknown keys in silence, and a program cannot list them: only the file tells."""
        config = self.file.data.get("config")
        for key in config if isinstance(config, dict) else ():
            namespace, _, name = key.rpartition(":")
            if namespace in {self.project, ""} and name not in OWN_KEYS:
                self.problem(key, "unknown key" + did_you_mean(name, OWN_KEYS))
            elif not namespace:
                self.problem(key, f"write {self.project}:{name}")

    def origins(self) -> dict[str, Origin]:
        keys = {
            ".".join(map(str, path[1:])).removeprefix(f"{self.project}:"): line
            for path, line in self.file.lines.items()
            if path[:1] == ("config",) and len(path) > 1
        }
        return {key: Origin("stack config", self.file.file, line, (key,)) for key, line in keys.items()}
