"""Where the Pulumi command line is, and the way to get it."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.aws.folders import cache, locked
from local.errors import LocalError
from local.logged import Log
from local.progress import say, step
from local.toolchain import build, download, versions

_OFFICIAL = f"{versions.CLI}-{versions.CLI}"
_BUILT = f"{versions.CLI}-{versions.HOST}"


def bin_folder() -> Path:
    """The folder to put on PATH. Raises LocalError when there is none yet."""
    if found := _on_path() or _in_cache():
        return found
    raise LocalError("the Pulumi command line is not there yet", hint="python3 -m local.setup --only cli")


def ensure(log: Log) -> Path:
    """As `bin_folder`, but gets what is missing. Raises LocalError when that fails too."""
    if found := _on_path() or _in_cache():
        return found
    with step("Pulumi command line"), locked(_shelf()):
        # Another set-up may have brought it while we waited for the lock.
        return _in_cache() or _get(log)


def linter(log: Log) -> Path:
    """actionlint, built if it is missing. Raises LocalError."""
    name = f"actionlint-{versions.LINTER}"
    with locked(_shelf()):
        if not (_shelf() / name).is_dir():
            with step("actionlint"):
                _make(name, build.build_linter, log)
    return _shelf() / name / "bin" / "actionlint"


def good_enough(version: str) -> bool:
    """Whether what `pulumi version` prints names a release that runs the project."""
    if not (numbers := re.match(r"v(\d+)\.(\d+)\.\d+", version)):
        return False
    major, minor = map(int, numbers.groups())
    return major == versions.NEWEST_MAJOR_ON_PATH and (major, minor) >= versions.OLDEST_ON_PATH


def _on_path() -> Path | None:
    command = shutil.which("pulumi")
    # Without its language host beside it or on PATH, pulumi would go and download one.
    if command is None or shutil.which("pulumi-language-python") is None:
        return None
    return Path(command).parent if good_enough(_version(command)) else None


def _version(command: str) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [command, "version"], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _shelf() -> Path:
    return cache() / "pulumi"


def _in_cache() -> Path | None:
    places = (_shelf() / name / "bin" for name in (_OFFICIAL, _BUILT))
    return next((place for place in places if place.is_dir()), None)


def _get(log: Log) -> Path:
    try:
        return _make(_OFFICIAL, download.fetch, log)
    except LocalError as failure:
        say(f"Pulumi: {failure.message}; building it from Go modules, about 4 min")
        return _make(_BUILT, build.build, log)


def _make(name: str, fill: Callable[[Path, Log], None], log: Log) -> Path:
    with appearing(_shelf() / name) as folder:
        fill(folder / "bin", log)
    return _shelf() / name / "bin"


@contextmanager
def appearing(place: Path) -> Iterator[Path]:
    """A folder to fill that becomes `place` at the end, whole, or leaves nothing when the body fails.

    The caller holds the lock of the folder around `place`.
    """
    for killed in place.parent.glob(f"{place.name}.*"):
        shutil.rmtree(killed)
    with tempfile.TemporaryDirectory(prefix=f"{place.name}.", dir=place.parent) as temporary:
        folder = Path(temporary) / "new"
        folder.mkdir()
        yield folder
        folder.rename(place)
