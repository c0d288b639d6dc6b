"""The official release of the Pulumi command line, checked against its published checksums."""

import http.client
import io
import platform
import tarfile
import urllib.request
from hashlib import sha256
from pathlib import Path

from local.errors import LocalError
from local.logged import Log
from local.toolchain import versions

_RELEASES = "https://get.pulumi.com/releases/sdk"
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
# Seconds without an answer. Where there is no way out one must not wait long to be told.
_PATIENCE = 10.0


def fetch(into: Path, _log: Log) -> None:
    """Make the folder `into` with the command line and its Python language host.

    Raises LocalError when the release cannot be had here or is not what was published.
    """
    archive = f"pulumi-v{versions.CLI}-linux-{_architecture()}.tar.gz"
    checksums = _read(f"{_RELEASES}/pulumi-{versions.CLI}-checksums.txt").decode(errors="replace")
    content = _read(f"{_RELEASES}/{archive}")
    verify(content, archive, checksums)
    unpack(content, into)


def verify(content: bytes, archive: str, checksums: str) -> None:
    """Raises LocalError unless `checksums` (lines of `sha256sum`) gives exactly this sum for the archive."""
    if f"{sha256(content).hexdigest()}  {archive}" not in checksums.splitlines():
        raise LocalError(f"the download {archive} does not have its published checksum")


def unpack(content: bytes, into: Path) -> None:
    """Take from a release what a Python program needs; the other languages' hosts are the larger part."""
    into.mkdir()
    with tarfile.open(fileobj=io.BytesIO(content)) as release:
        for member in release:
            name = Path(member.name).name
            if member.isfile() and (name == "pulumi" or "python" in name):
                _place(release, member, into / name)


def _place(release: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = release.extractfile(member)
    if source is not None:
        target.write_bytes(source.read())
        target.chmod(0o755)


def _architecture() -> str:
    try:
        return _ARCHITECTURES[platform.machine()]
    except KeyError as unknown:
        raise LocalError(f"there is no release for a {platform.machine()} machine") from unknown


def _read(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310  a constant https address
            content: bytes = answer.read()
    except (OSError, http.client.HTTPException) as failure:
        raise LocalError(f"no release download here ({_reason(failure)})") from failure
    return content


def _reason(failure: Exception) -> object:
    """`Name or service not known`, without the wrapping of urllib and the number of errno."""
    cause = getattr(failure, "reason", failure)
    return getattr(cause, "strerror", None) or cause
