"""A folder packed so that the same files give the same bytes on every machine."""

import errno
import gzip
import hashlib
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol, cast

import pathspec

from manifest import ManifestError, Problem

IGNORE_FILE: Final = ".slugignore"
"""Names what stays out of a slug, in the syntax of .gitignore."""

_NEVER_MEANT: Final = ".git"
"""A checkout's history: every machine could read it, and each git command would make another slug."""

_CHANGED: Final = "changed while it was packed; run again"
_OF_A_CHANGE: Final = (None, errno.ENOENT, errno.ENOTDIR)
"""Of a file that became shorter (an error of tarfile itself), and of one that went."""


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Hasher:
    """Knows the sha256 of what is written to it, and passes it on where there is a sink behind it."""

    def __init__(self, behind: _Sink | None) -> None:
        self.sha256 = hashlib.sha256()
        self._behind = behind

    def write(self, data: bytes, /) -> int:
        self.sha256.update(data)
        return self._behind.write(data) if self._behind else len(data)


def tar_sha256(folder: Path) -> str:
    """The identity of a folder's content: sha256 of its normalised, uncompressed tar, in hex.

    Raises ManifestError for what a slug cannot hold, such as links that lead out of it, devices, sockets, and
    for what cannot be read.
    """
    with _told_of(folder):
        return _write_tar(folder)


def write_gzip(folder: Path, target: Path, sha256: str) -> None:
    """Writes the folder's tar, compressed, to `target`; whoever reads it never sees half of it.

    Raises ManifestError where it cannot be written, or is no longer the tar of `sha256`.
    """
    partial = target.with_suffix(f".{os.getpid()}.partial")
    with _told_of(folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_gzip(folder, partial, sha256)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _write_gzip(folder: Path, target: Path, sha256: str) -> None:
    with target.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        written = _write_tar(folder, packed)
    if written != sha256:
        raise _refused(folder, _CHANGED)


@contextmanager
def _told_of(folder: Path) -> Iterator[None]:
    """What the system refuses is told as a problem with the folder."""
    try:
        yield
    except OSError as error:
        text = _CHANGED if error.errno in _OF_A_CHANGE else f"cannot be packed: {error}"
        raise _refused(folder, text) from None


def _write_tar(folder: Path, sink: _Sink | None = None) -> str:
    """Writes the tar to `sink`, if there is one, and tells its sha256."""
    hasher = _Hasher(sink)
    with tarfile.open(fileobj=cast(IO[bytes], hasher), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path in _members(folder):
            info = _normal(tar.gettarinfo(path, path.relative_to(folder).as_posix()), path)
            if info.isreg():
                with path.open("rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)
    return hasher.sha256.hexdigest()


def _normal(info: tarfile.TarInfo, path: Path) -> tarfile.TarInfo:
    """Without owner, time, umask and hard links, which differ between two checkouts of the same files."""
    info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mtime = 0
    if info.islnk():
        info.type, info.linkname, info.size = tarfile.REGTYPE, "", path.stat().st_size
    return info


def _members(folder: Path) -> Iterator[Path]:
    """What goes into the slug, in an order that no file system decides."""
    _refuse(folder, folder)
    ignored = _ignored(folder)
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix()
        if not ignored.match_file(f"{name}/" if path.is_dir() and not path.is_symlink() else name):
            _refuse(folder, path)
            yield path


def _ignored(folder: Path) -> pathspec.GitIgnoreSpec:
    file = folder / IGNORE_FILE
    try:
        lines = file.read_text().splitlines() if file.is_file() else []
        return pathspec.GitIgnoreSpec.from_lines([_NEVER_MEANT, *lines, f"/{IGNORE_FILE}"])
    except ValueError as error:
        raise _refused(file, f"cannot be read as ignore patterns: {error}") from None


def _refuse(folder: Path, path: Path) -> None:
    if fault := _fault(folder, path):
        raise _refused(path, fault)


def _refused(path: Path, text: str) -> ManifestError:
    return ManifestError([Problem(str(path), 0, text)])


def _fault(folder: Path, path: Path) -> str | None:
    if path.is_symlink():
        target = Path(os.path.normpath(path.relative_to(folder).parent / path.readlink()))
        if target.is_absolute() or target.parts[:1] == ("..",):
            return f"is a link to {path.readlink()}, out of the slug; on the machine it would lead elsewhere"
    elif not path.is_dir() and not path.is_file():
        return "is neither file, folder nor link; a slug cannot hold it"
    elif not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0), effective_ids=True):
        return "cannot be read by whoever runs this"  # rglob would pass over a folder in silence
    return None
