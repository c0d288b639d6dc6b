"""A folder packed so that the same files give the same bytes on every machine."""

import gzip
import hashlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Protocol, cast

import pathspec

from manifest import ManifestError, Problem

IGNORE_FILE: Final = ".slugignore"
"""Names what stays out of a slug, in the syntax of .gitignore."""


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Hasher:
    """A sink that keeps nothing but the sha256 of what is written to it."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self.sha256.update(data)
        return len(data)


def tar_sha256(folder: Path) -> str:
    """The identity of a folder's content: sha256 of its normalised, uncompressed tar, in hex.

    Raises ManifestError for what a slug cannot hold, such as links that lead out of it, devices, sockets, and
    for what cannot be read.
    """
    hasher = _Hasher()
    _write_tar(folder, hasher)
    return hasher.sha256.hexdigest()


def write_gzip(folder: Path, target: Path) -> None:
    """Writes the folder's tar, compressed, to `target`; whoever reads it never sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        _write_tar(folder, packed)
    partial.replace(target)


def _write_tar(folder: Path, sink: _Sink) -> None:
    with tarfile.open(fileobj=cast(IO[bytes], sink), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path in _members(folder):
            info = _normal(tar.gettarinfo(path, path.relative_to(folder).as_posix()), path)
            if info.isreg():
                with path.open("rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)


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
        return pathspec.GitIgnoreSpec.from_lines([*lines, f"/{IGNORE_FILE}"])
    except ValueError as error:
        raise ManifestError([Problem(str(file), 0, f"cannot be read as ignore patterns: {error}")]) from None


def _refuse(folder: Path, path: Path) -> None:
    if fault := _fault(folder, path):
        raise ManifestError([Problem(str(path), 0, fault)])


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
