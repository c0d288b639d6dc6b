"""The keys of an app file: what each means, its bounds and its default.

Here stands what is true of one value alone; what keys mean together is in rules.py. The descriptions become
the editors' help and docs/app-file.md.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from manifest.values import (
    COUNT_MAX,
    Codes,
    Command,
    EnvName,
    EnvValue,
    Folder,
    HttpPath,
    ImageId,
    InstanceType,
    Name,
    Networks,
    Packages,
    Seconds,
    Sha256,
    Share,
    SlugUrl,
    SubnetIds,
    TagKey,
    TagValue,
)

TAGS_MAX: Final = 44
"""AWS takes 50, and six are ours: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html"""

Runtime = Literal["none", "ruby", "python", "node", "java"]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Healthcheck(_Keys):
    """How the machine asks the app whether it serves: by a path, by a command, or whether it stays up."""

    path: HttpPath | None = None
    """GET this path on the port; `healthcheck: /up` is short for it. Default: `/`, if there is a port."""
    command: Command | None = None
    """Run this as the app, in its folder and with its environment, instead; exit code 0 is healthy."""
    success_codes: Codes = "200-399"
    """The statuses that are healthy, such as `200` or `200-299,404`."""
    interval: Seconds = 5
    """From one check to the next once the app answers; while it starts, half a second."""
    timeout: Seconds = 5
    """How long one check may take."""
    threshold: Annotated[int, Field(ge=1, le=10)] = 2
    """So many checks in a row must be healthy."""
    start_timeout: Seconds = 60
    """How long the app may take from its start to its first healthy answer."""

    @property
    def success_ranges(self) -> list[tuple[int, int]]:
        """`success_codes` as numbers, first and last of each range."""
        parts = (part.partition("-") for part in self.success_codes.split(","))
        return [(int(first), int(last or first)) for first, _, last in parts]


class _PathOrMap:
    """`healthcheck: /up` is written out before the model sees it; editors must know it too."""

    @staticmethod
    def check(value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("must be a path such as /up, or a map")  # noqa: TRY004 - pydantic collects ValueError only
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        path = TypeAdapter(HttpPath).json_schema()
        return {"anyOf": [path, handler(schema)]}


class RootVolume(_Keys):
    """The disk of an instance, always encrypted. A change replaces instances."""

    size: Annotated[int, Field(ge=8, le=16384)] = 8
    """GiB; Debian's image needs 8."""
    type: Literal["gp3", "gp2"] = "gp3"
    """The kind of EBS volume."""


class Deploy(_Keys):
    """How a change rolls out."""

    canary: Annotated[int, Field(ge=0, le=COUNT_MAX)] = 1
    """So many new instances first; the rest starts when they are proved. 0: no canary."""
    max_parallel: Share = "25%"
    """How many start together after the canary: a number, or a share of count (rounded down, at least 1)."""
    min_healthy_time: Seconds = 10
    """How long an instance must stay healthy, without a break, before it is proved."""
    healthy_deadline: Seconds = 300
    """How long an instance may take from its launch until it is proved; the update fails then."""
    generation: Annotated[int, Field(ge=1)] = 1
    """Raise it to replace every instance without another change."""


class ProcessKeys(_Keys):
    """What an app says of its instances, and what one of its processes may say otherwise."""

    cmd: Command | None = None
    """What runs: one command line, in the slug's folder. For the app it is short for processes.web.cmd."""
    image_id: ImageId | None = None
    """The machine image, Debian 12. Default: the stack's imageId."""
    instance_type: InstanceType = "t3.micro"
    """The EC2 instance type."""
    subnets: SubnetIds | None = None
    """Instances go round these; `subnet: ID` names one. Default: the stack's, else the default VPC's."""
    key_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """An SSH key pair of the account; no rule opens port 22."""
    runtime: Runtime = "none"
    """What the machine needs for the app's language. Debian 12's: Ruby 3.1, Python 3.11, Node 18, Java 17."""
    packages: Packages = ()
    """Further Debian packages."""
    env: dict[EnvName, EnvValue] = {}
    """The app's environment. No value is a secret: user data, state and previews show it."""
    count: Annotated[int, Field(ge=0, le=COUNT_MAX)] = 1
    """How many instances; the stack's config wins: pulumi config set --path counts.APP 3"""
    port: Annotated[int, Field(ge=1024, le=65535)] | None = None  # the app is not root, which lower ones want
    """Where the app listens; it finds it in $PORT. Default: 5000 for web, none for others."""
    healthcheck: Annotated[Healthcheck, _PathOrMap()] = Healthcheck()
    """How the app shows that it serves. Default: GET / on the port; without a port, that it stays up."""
    allow_from: Networks = ()
    """Who may reach the port: ranges of addresses. Nobody unless said."""
    public_ip: bool = True
    """Whether instances have a public address; false is for subnets with a NAT gateway."""
    root_volume: RootVolume = RootVolume()
    """The disk."""
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=TAGS_MAX)] = {}
    """Tags of instances and volumes, beside ours; a change replaces nothing."""
    deploy: Deploy = Deploy()
    """In which waves new instances start, and when they count as proved."""


class AppFile(ProcessKeys):
    """All layers of one app, merged."""

    name: Name
    """The app's name. Default: the file's."""
    slug_url: SlugUrl | None = None
    """Where the app's tarball is: https:// or s3://BUCKET/KEY. Or else `source`."""
    slug_sha256: Sha256 | None = None
    """The tarball's sha256, for slug_url: checked before anything is unpacked."""
    source: Folder | None = None
    """A folder, relative to the file, packed (never `.git`) into the stack's bucket. Or else slug_url."""
    processes: dict[Name, ProcessKeys] = {}
    """Several commands of one release, each on instances of its own; their keys win over the app's."""


OF_A_RELEASE: Final = frozenset(AppFile.model_fields) - frozenset(ProcessKeys.model_fields)
"""The keys that a process cannot have: all processes of an app are of one release."""
