"""Slugs of folders: the same files give the same bytes, wherever and however they lie."""

import gzip
import hashlib
import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from bootstrap.pack import tar_sha256, write_gzip
from manifest import ManifestError


@pytest.fixture
def folder(tmp_path):
    """A slug of a few files, made in a given order and under a given umask."""

    def folder(name, *, umask=0o022, backwards=False):
        root = tmp_path / name
        files = {"a": "1", "a.b/c": "2", "a/../b/c": "3", "é ü": "4", "bin/web": "#!/bin/sh\n"}
        before = os.umask(umask)
        try:
            for file, text in sorted(files.items(), reverse=backwards):
                path = root / os.path.normpath(file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            (root / "empty").mkdir()
            (root / "bin/web").chmod(0o700)
            (root / "latest").symlink_to("bin/web")
        finally:
            os.umask(before)
        return root

    return folder


def members(folder, tmp_path):
    write_gzip(folder, tmp_path / "slug.tar.gz", tar_sha256(folder))
    with tarfile.open(tmp_path / "slug.tar.gz") as tar:
        return tar.getmembers()


def test_two_checkouts_of_the_same_files_are_the_same_slug(folder):
    here, there = folder("here"), folder("there", umask=0o077, backwards=True)
    for path in there.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    assert tar_sha256(here) == tar_sha256(there)


def test_owners_are_no_part_of_it(folder, monkeypatch):
    before = tar_sha256(folder("here"))
    monkeypatch.setattr(tarfile.TarFile, "gettarinfo", owned_by_somebody(tarfile.TarFile.gettarinfo))
    assert tar_sha256(folder("there")) == before


def owned_by_somebody(gettarinfo):
    def owned(self, *arguments):
        info = gettarinfo(self, *arguments)
        info.uid, info.gid, info.uname, info.gname = 1000, 1000, "somebody", "users"
        return info

    return owned


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a").write_text("2"),
        lambda root: (root / "a").rename(root / "A"),
        lambda root: (root / "a").chmod(0o755),
        lambda root: (root / "new").touch(),
        lambda root: (root / "empty").rmdir(),
        lambda root: ((root / "latest").unlink(), (root / "latest").symlink_to("a")),
    ],
    ids=["content", "name", "executable", "file", "folder", "link"],
)
def test_a_change_is_another_slug(folder, change):
    root = folder("here")
    before = tar_sha256(root)
    change(root)
    assert tar_sha256(root) != before


def test_what_the_tar_holds(folder, tmp_path):
    held = {member.name: member for member in members(folder("here", umask=0o077), tmp_path)}
    assert [*held] == ["a", "a.b", "a.b/c", "b", "b/c", "bin", "bin/web", "empty", "latest", "é ü"]
    assert {name: oct(held[name].mode) for name in ("a", "a.b", "bin/web")} == {
        "a": "0o644",
        "a.b": "0o755",
        "bin/web": "0o755",
    }
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in held.values()} == {
        (0, 0, "root", "root", 0)
    }
    assert held["latest"].linkname == "bin/web"


def test_hard_links_are_files(folder, tmp_path):
    plain, linked = folder("plain"), folder("linked")
    (plain / "z").write_text("1")
    (linked / "z").hardlink_to(linked / "a")
    assert tar_sha256(linked) == tar_sha256(plain)
    assert [member.isreg() for member in members(linked, tmp_path) if member.name in {"a", "z"}] == [
        True,
        True,
    ]


def test_the_compressed_slug_is_the_same_tar(folder, tmp_path):
    root, target = folder("here"), tmp_path / "made/for/it.tar.gz"
    write_gzip(root, target, tar_sha256(root))
    packed = target.read_bytes()
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == tar_sha256(root)
    assert packed[3:8] == bytes(5)  # no name, no time
    assert [path.name for path in target.parent.iterdir()] == ["it.tar.gz"]


def test_the_slug_unpacks(folder, tmp_path):
    write_gzip(folder("here"), tmp_path / "slug.tar.gz", tar_sha256(tmp_path / "here"))
    with tarfile.open(fileobj=io.BytesIO((tmp_path / "slug.tar.gz").read_bytes())) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    assert (tmp_path / "out/latest").read_text() == "#!/bin/sh\n"


def test_a_slugignore_says_what_stays_out(folder, tmp_path):
    root = folder("here")
    (root / ".slugignore").write_text("# comment\nempty/\n*.log\n/b\n!keep.log\n")
    (root / "bin/x.log").touch()
    (root / "bin/keep.log").touch()
    (root / "bin/b").touch()
    held = [member.name for member in members(root, tmp_path)]
    assert held == ["a", "a.b", "a.b/c", "bin", "bin/b", "bin/keep.log", "bin/web", "latest", "é ü"]


def test_a_checkouts_history_stays_out(folder):
    root = folder("here")
    before = tar_sha256(root)
    for history in (".git", "a.b/.git"):
        (root / history).mkdir()
        (root / history / "HEAD").write_text("ref: refs/heads/main\n")
    (root / "b/.git").write_text("gitdir: /elsewhere\n")  # of a submodule
    assert tar_sha256(root) == before


def test_a_slugignore_may_want_the_history(folder, tmp_path):
    root = folder("here")
    (root / ".git").mkdir()
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (root / ".slugignore").write_text("!.git\n")
    assert {".git", ".git/HEAD"} <= {member.name for member in members(root, tmp_path)}


CHANGED = "changed while it was packed; run again"


@pytest.mark.parametrize("change", [lambda file: file.write_text("2"), Path.unlink], ids=["content", "gone"])
def test_a_folder_that_changed_since_it_was_read_is_not_packed(folder, tmp_path, change):
    root, target = folder("here"), tmp_path / "packed/it.tar.gz"
    sha256 = tar_sha256(root)
    change(root / "a")
    with pytest.raises(ManifestError) as refused:
        write_gzip(root, target, sha256)
    assert str(refused.value) == f"{root}: {CHANGED}"
    assert [*target.parent.iterdir()] == []


@pytest.mark.parametrize("change", [lambda file: os.truncate(file, 1), Path.unlink], ids=["shorter", "gone"])
def test_a_file_that_changes_while_it_is_packed(folder, tmp_path, change, monkeypatch):
    root, real = folder("here"), tarfile.TarFile.gettarinfo

    def seen(self, path, name):
        info = real(self, path, name)
        if name == "bin/web":
            change(path)
        return info

    monkeypatch.setattr(tarfile.TarFile, "gettarinfo", seen)
    with pytest.raises(ManifestError) as refused:
        tar_sha256(root)
    assert str(refused.value) == f"{root}: {CHANGED}"


def test_what_the_system_refuses_is_told(folder, tmp_path):
    root = folder("here")
    (tmp_path / "packed").write_text("no folder")
    with pytest.raises(ManifestError, match=r"/here: cannot be packed: .* File exists: '.*/packed'"):
        write_gzip(root, tmp_path / "packed/it.tar.gz", tar_sha256(root))


def test_a_pattern_for_folders_takes_no_files_and_no_links(folder, tmp_path):
    root = folder("here")
    (root / "folder").symlink_to("bin")
    before = members(root, tmp_path)
    (root / ".slugignore").write_text("a/\nfolder/\n")
    assert [member.name for member in members(root, tmp_path)] == [member.name for member in before]


def test_what_stays_out_may_be_anything(folder):
    root = folder("here")
    (root / ".slugignore").write_text("empty\n")
    (root / "empty/out").symlink_to("/etc/passwd")
    os.mkfifo(root / "empty/fifo")
    assert tar_sha256(root)


@pytest.mark.parametrize("content", [b"!\n", b"\xff\n"])
def test_a_slugignore_that_is_none(folder, content):
    root = folder("here")
    (root / ".slugignore").write_bytes(content)
    with pytest.raises(ManifestError, match=r"here/\.slugignore: cannot be read as ignore patterns: "):
        tar_sha256(root)


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "../here/a", "bin/../../outside"])
def test_a_link_out_of_the_slug_is_refused(folder, target):
    root = folder("here")
    (root / "out").symlink_to(target)
    with pytest.raises(ManifestError) as refused:
        tar_sha256(root)
    text = f"is a link to {target}, out of the slug; on the machine it would lead elsewhere"
    assert str(refused.value) == f"{root}/out: {text}"


@pytest.mark.parametrize("target", ["../a", "nowhere", "../a.b/../a", "loop"])
def test_a_link_within_the_slug_is_kept(folder, target, tmp_path):
    root = folder("here")
    (root / "bin/loop").symlink_to(target)
    assert [one.linkname for one in members(root, tmp_path) if one.name == "bin/loop"] == [target]


@pytest.fixture
def anybody(tmp_path, monkeypatch):
    """Works in tmp_path as a user for whom rights count; root reads everything."""
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    before = os.geteuid()
    os.seteuid(before or 65534)
    yield
    os.seteuid(before)


@pytest.mark.parametrize("closed", [".", "a", "a.b"])
def test_what_may_not_be_read_is_not_left_out(folder, closed, request):
    root = folder("here")
    (root / "bin/web").chmod(0o755)
    (root / closed).chmod(0)
    request.getfixturevalue("anybody")
    with pytest.raises(ManifestError) as refused:
        tar_sha256(Path("here"))
    assert str(refused.value) == f"{Path('here', closed)}: cannot be read by whoever runs this"


def test_what_is_no_file_is_refused(folder):
    root = folder("here")
    os.mkfifo(root / "fifo")
    with pytest.raises(
        ManifestError, match="/here/fifo: is neither file, folder nor link; a slug cannot hold it"
    ):
        tar_sha256(root)
    (root / "fifo").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "s"))
        with pytest.raises(ManifestError, match="/here/s: is neither file"):
            tar_sha256(root)
