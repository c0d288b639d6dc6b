"""The whole program under Pulumi's mocks: they fail closed, and what they recorded is what tests look at."""

import asyncio
import json
import runpy
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import mocks, rpc

from manifest.settings import DOCUMENTATION_ACCOUNT, PLACEHOLDER_IMAGE
from tests.fleet.aws import Aws

ROOT = Path(__file__).parents[2]

COMPUTED: dict[str, Callable[[str], Mapping[str, Any]]] = {
    "aws:ec2/instance:Instance": lambda name: {"publicIp": "203.0.113.7", "privateIp": "172.31.0.4"},
    "aws:ec2/securityGroup:SecurityGroup": lambda name: {"arn": f"arn:{name}"},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": lambda name: {},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": lambda name: {},
    "aws:iam/role:Role": lambda name: {"arn": f"arn:{name}"},
    "aws:iam/rolePolicy:RolePolicy": lambda name: {},
    "aws:iam/instanceProfile:InstanceProfile": lambda name: {"arn": f"arn:{name}"},
    "aws:s3/bucket:Bucket": lambda name: {"arn": f"arn:{name}"},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda name: {},
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda name: {},
    "compute-instances:fleet:App": lambda name: {},
    "pulumi:index:Stash": lambda name: {},
}


@dataclass
class Declared:
    """One registration as the engine would get it."""

    type: str
    name: str
    inputs: dict[str, Any]
    urn: str = ""
    parent: str = ""
    needs: list[str] = field(default_factory=list)
    hooks: dict[str, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


@pytest.fixture
def mocked() -> dict[str, Any]:
    """The table of the mocks."""
    return COMPUTED


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """What the program's look-ups are answered."""
    aws = Aws()
    monkeypatch.setattr("fleet.fleet.Ec2Answers", lambda provider: aws)
    return aws


class Recorder(pulumi.runtime.Mocks):
    """Answers what the table above knows and raises for the rest, and for a name that was there before."""

    def __init__(self) -> None:
        self.declared: dict[tuple[str, str], Declared] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        key = (args.typ, args.name)
        if key in self.declared:
            raise AssertionError(f"{key} was declared twice")
        self.declared[key] = Declared(args.typ, args.name, args.inputs)
        if args.typ not in COMPUTED:
            raise AssertionError(f"no mock of {args.typ}")
        outputs = {**args.inputs, **COMPUTED[args.typ](args.name)}
        if args.typ == "pulumi:index:Stash":
            outputs["output"] = args.inputs["input"]
        return f"id-of-{args.name}", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"outputs": {}}
        raise AssertionError(f"no mock of {args.token}")


class Monitor(mocks.MockMonitor):
    """Keeps the options of a registration too."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - grpc's name
        response = super().RegisterResource(request)
        if request.type == "pulumi:pulumi:Stack":
            return response  # made by set_mocks, and shown to no mock
        declared = self.mocks.declared[request.type, request.name]
        declared.urn = response.urn
        declared.parent = request.parent
        declared.needs = list(request.dependencies)
        declared.ignored = list(request.ignoreChanges)
        declared.hooks = {
            moment: list(getattr(request.hooks, moment))
            for moment in (
                "before_create",
                "before_update",
                "after_create",
                "after_update",
                "before_delete",
                "after_delete",
            )
        }
        return response


@dataclass(frozen=True)
class Run:
    """What one run of the program declared and exported."""

    declared: list[Declared]
    outputs: Mapping[str, Any]

    def of(self, kind: str) -> list[Declared]:
        """Everything of a type, told by its last part: `of("Instance")`."""
        return [one for one in self.declared if one.type.split(":")[-1] == kind]

    def one(self, name: str) -> Declared:
        """The one whose name this is, or begins with it."""
        (found,) = [one for one in self.declared if one.name == name] or [
            one for one in self.declared if one.name.startswith(name)
        ]
        return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the program reads, and the place it runs in."""
    for name in ("apps", "slugs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(project: Path, aws: Aws) -> Iterator[Callable[..., Run]]:
    """Runs `__main__.py` for a stack whose file lies in the project."""
    loop = asyncio.new_event_loop()
    # What fails is raised by the run; futures that fail with it would tell it again.
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
    yield lambda stack="dev": _run(project, stack)
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def write(project: Path) -> Callable[[str, Any], None]:
    """Writes a YAML file of the project."""

    def write(name: str, data: Any) -> None:
        (project / name).write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False))

    return write


def fill_in(file: Path, account: str = "222233334444") -> None:
    """Puts values for the placeholders of a stack's file."""
    text = file.read_text()
    for placeholder, value in {
        DOCUMENTATION_ACCOUNT: account,
        PLACEHOLDER_IMAGE: "ami-0abcdef0123456789",
        "subnet-0000000000000000": "subnet-0abcdef012345678",
    }.items():
        text = text.replace(placeholder, value)
    file.write_text(text)


@pytest.fixture
def ready_dev(project: Path) -> None:
    """Pulumi.dev.yaml with its placeholders filled in."""
    fill_in(project / "Pulumi.dev.yaml")


def _run(project: Path, stack: str) -> Run:
    config = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text())["config"]
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project="compute-instances", stack=stack, monitor=Monitor(recorder))
    pulumi.runtime.set_all_config(
        {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    )
    outputs: dict[str, Any] = {}

    @pulumi.runtime.test
    def program() -> Any:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        exported = pulumi.runtime.settings.get_root_resource().outputs
        return pulumi.Output.all(**exported).apply(outputs.update)

    program()
    for one in recorder.declared.values():
        one.inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in one.inputs.items()}
    return Run(list(recorder.declared.values()), outputs)
