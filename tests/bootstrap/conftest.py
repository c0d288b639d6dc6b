"""Scripts of a small app, and bash to run them or parts of them."""

import os
import re
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bootstrap import Report, Script, Slug, parse_report, render
from manifest import App, Deploy, Healthcheck, Places, Process, RootVolume, Settings

DEADLINE = 60.0
"""Seconds; nothing here takes one."""

SETTINGS = Settings(project="shop", stack="dev", account="123456789012", region="eu-central-1")
APP = App(
    name="hello",
    source=None,
    slug_url="https://slugs.example.com/hello.tar.gz",
    slug_sha256=None,
    processes=(),
    written={},
)
PROCESS = Process(
    app="hello",
    places=Places("apps/hello.yaml"),
    name="web",
    cmd="bin/web",
    runtime="none",
    packages=(),
    count=1,
    port=5000,
    image_id="ami-0abc1234",
    instance_type="t3.micro",
    key_name=None,
    subnets=(),
    env={},
    healthcheck=Healthcheck(path="/"),
    allow_from=(),
    public_ip=True,
    root_volume=RootVolume(),
    tags={},
    deploy=Deploy().model_copy(update={"min_healthy_time": 0}),
)


@pytest.fixture
def settings() -> Settings:
    return SETTINGS


@pytest.fixture
def app() -> App:
    return APP


@pytest.fixture
def make() -> Callable[..., Script]:
    """Renders the script of a small app, all as said, keys of `deploy` too, and the rest plain."""

    def make(*, slug: Slug | None = None, stack: str = "dev", **keys: Any) -> Script:
        slug = slug or Slug(url="https://slugs.example.com/hello.tar.gz")
        deploy = {key: keys.pop(key) for key in [*keys] if key in Deploy.model_fields}
        process = replace(PROCESS, deploy=PROCESS.deploy.model_copy(update=deploy), **keys)
        return render(process, slug, replace(SETTINGS, stack=stack))

    return make


@dataclass(frozen=True)
class Boot:
    """What a script did: its exit code, what it said, its log, and the programs that it called."""

    code: int
    console: str
    log: str
    calls: list[list[str]]
    version: str

    @property
    def report(self) -> Report:
        return parse_report(self.console, self.version)

    def called(self, program: str) -> list[list[str]]:
        """The arguments of each call of a program."""
        return [call[1:] for call in self.calls if call[0] == program]


CURL = """\
while [ $# -gt 0 ]; do
  case $1 in
    -o) out=$2; shift ;;
    --config) cat >{root}/curl-config ;;
    http*) url=$1 ;;
  esac
  shift
done
case $url in
  http://127.0.0.1:*) cat {root}/app-status; source {root}/app-does ;;
  */api/token) printf imds-t0ken ;;
  */security-credentials/) printf a-role ;;
  */security-credentials/a-role) cat {root}/credentials ;;
  *) cat {root}/slug.tar >"$out"; cat {root}/slug-status ;;
esac
"""
FILES = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "app-status": "200",
    "app-does": "",
    "slug-status": "200",
    "credentials": '{"AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t/key", "Token": "t0ken"}',
}


@dataclass(frozen=True)
class Machine:
    """A folder that stands for a machine, with programs that keep their arguments and do next to nothing.

    Files that a test may change: what curl answers for the slug and for the app, and what the app does then.
    """

    root: Path

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def write(self, path: str, text: str) -> None:
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_text(text)

    def read(self, path: str) -> str:
        file = self.path(path)
        return file.read_bytes().decode(errors="replace") if file.is_file() else ""

    def program(self, name: str, text: str = "") -> None:
        """Puts a program before the real one: it keeps its arguments, then does as the text says."""
        keep = f"printf '%s\\0' {name} \"$@\" >>{self.root}/calls; printf '\\n\\0' >>{self.root}/calls"
        self.write(f"bin/{name}", f"#!/bin/bash\n{keep}\n{text}\n")
        self.path(f"bin/{name}").chmod(0o755)

    def moved(self, text: str) -> str:
        """A script with its paths below the root; on a file, what is said to the console must not replace."""
        text = text.replace("export PATH=", f"export PATH={self.root}/bin:").replace(
            ">/dev/con", ">>/dev/con"
        )
        return re.sub(r"(?<![\w}.])/(?=(etc|var|srv|run|dev/console)\b)", f"{self.root}/", text)

    def run(self, text: str) -> int:
        """Runs a script, moved here, and gives its exit code."""
        self.write("user-data", self.moved(text))
        return subprocess.run(
            ["bash", self.path("user-data")],
            cwd=self.root,
            env={"PATH": f"{self.root}/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"},
            umask=0o077,
            stdin=subprocess.DEVNULL,
            timeout=DEADLINE,
            check=False,
        ).returncode

    def boot(self, script: Script) -> Boot:
        """Runs a script."""
        code = self.run(script.text)
        calls = [call.split("\0")[:-1] for call in self.read("calls").split("\n\0")[:-1]]
        log = self.read("/var/log/compute-instances.log")
        return Boot(code, self.read("/dev/console"), log, calls, script.version)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A Debian 12 on which all goes well: the slug holds bin/web, and the app answers 200."""
    machine = Machine(tmp_path / "machine")
    for folder in ("etc/service", "var/log", "var/lib", "run", "srv", "dev", "slug/bin"):
        machine.path(folder).mkdir(parents=True)
    for file, text in FILES.items():
        machine.write(file, text)
    machine.write("slug/bin/web", "#!/bin/sh\n")
    with tarfile.open(machine.path("slug.tar"), "w") as tar:
        tar.add(machine.path("slug/bin"), "bin")
    machine.program("curl", CURL.replace("{root}", str(machine.root)))
    machine.program("id", "exit 1")
    machine.program("install", 'mkdir "${@: -1}"')
    machine.program("runuser", 'shift 3; "$@"')
    machine.program("systemctl", f"mkdir {machine.root}/etc/sv/app/supervise; mkfifo $_/ok")
    for name in ("apt-get", "chpst", "sleep", "sv", "svlogd", "useradd"):
        machine.program(name)
    return machine
