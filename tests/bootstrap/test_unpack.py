"""Slugs that others packed: whole ones in every compression, and hostile or broken ones, which do nothing."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import re
import subprocess
import sys
import tarfile

import pytest

from bootstrap import Failure, Slug

URL = "https://slugs.example.com/hello.tar.gz"
OLD = "the old one"


def member(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o755
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def link(name, target, kind=tarfile.SYMTYPE):
    return member(name, type=kind, linkname=target)


def hard(name, target):
    return link(name, target, tarfile.LNKTYPE)


def folder(name):
    return member(name, type=tarfile.DIRTYPE)


WEB = member("bin/web", b"#!/bin/sh\n")


def packed(*members, form=tarfile.PAX_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zstd(data):
    return subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout


def nothing(data):
    return data


COMPRESSIONS = [nothing, gzip.compress, bz2.compress, lzma.compress, zstd]


@pytest.fixture
def unpacks(machine, make):
    """Boots with a slug of these bytes, over an older app; `keys` as for a Slug."""

    def unpacks(data, **keys):
        machine.path("slug.tar").write_bytes(data)
        machine.write("/srv/app/bin/web", OLD)
        return machine.boot(make(slug=Slug(url=URL, **keys)))

    return unpacks


@pytest.fixture
def refused(machine, unpacks):
    """What is told of a slug that must be refused before anything of it is written."""

    def refused(data, step="unpack", **keys):
        boot = unpacks(data, **keys)
        assert boot.report.failure == Failure(step, 1)
        assert machine.read("/srv/app/bin/web") == OLD
        assert not machine.path("/srv/app.new").exists()
        assert not machine.path("/etc/service/app").exists()
        assert not [*machine.root.parent.rglob("PWNED")]
        return boot.report.log[-1]

    return refused


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_a_whole_slug_is_unpacked(machine, unpacks, compress, form):
    long = "deep/" * 15 + "x" * 99
    inner = [folder("./"), folder("lib"), link("lib/latest", "../bin/web"), hard("bin/web2", "bin/web")]
    assert unpacks(compress(packed(WEB, *inner, member(long), form=form))).report.ready_ms is not None
    assert machine.read("/srv/app/lib/latest") == machine.read("/srv/app/bin/web2") == "#!/bin/sh\n"
    assert machine.path(f"/srv/app/{long}").is_file()


def test_what_tar_and_git_make_is_unpacked(machine, unpacks, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "web").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "sparse").write_bytes(b"")
    os.truncate(tmp_path / "bin" / "sparse", 1 << 20)
    made = subprocess.run(["tar", "-czS", "-C", tmp_path, "./bin"], stdout=subprocess.PIPE, check=True).stdout
    assert unpacks(made).report.ready_ms is not None
    assert machine.path("/srv/app/bin/sparse").stat().st_size == 1 << 20
    whole = tarfile.TarInfo.create_pax_global_header({"comment": "a commit"}) + packed(WEB)
    assert unpacks(whole).report.ready_ms is not None


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ([member("/srv/PWNED")], "/srv/PWNED is refused: its name leaves the apps folder"),
        ([member("../PWNED")], "../PWNED is refused: its name leaves the apps folder"),
        ([member("a/../../PWNED")], "a/../../PWNED is refused: its name leaves the apps folder"),
        ([folder(".."), WEB], ".. is refused: its name leaves the apps folder"),
        ([link("x", "/etc")], "x is refused: it is a link to /etc, out of the apps folder"),
        ([link("x", "..")], "x is refused: it is a link to .., out of the apps folder"),
        ([link("a/x", "../../b")], "a/x is refused: it is a link to ../../b, out of the apps folder"),
        (
            [folder("a/b"), link("x", "a/b"), link("y", "x/../..")],
            "y is refused: it is a link to x/../.., out of the apps folder",
        ),
        (
            [folder("a/b"), link("a/b/x", "../.."), member("a/b/x/y")],
            "a/b/x/y is refused: it lies behind a link",
        ),
        ([link("a/x", ".."), link("a/x/y", "..")], "a/x/y is refused: it lies behind a link"),
        ([link("./x", "b"), member("x/PWNED")], "x/PWNED is refused: it lies behind a link"),
        ([hard("x", "/etc/shadow")], "x is refused: it is a link to /etc/shadow, out of the apps folder"),
        ([hard("x", "../x")], "x is refused: it is a link to ../x, out of the apps folder"),
        ([link("a/x", "../y"), hard("z", "a/x")], "z is refused: it is a hard link to a/x, which is a link"),
        ([link("x", "a"), hard("z", "x/y")], "z is refused: it is a hard link to x/y, which is a link"),
        ([member("su", b"x", mode=0o4755)], "su is refused: it is setuid or setgid"),
        ([member("su", b"x", mode=0o2755)], "su is refused: it is setuid or setgid"),
        ([member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)], "null is refused: it is neither"),
        ([member("disk", type=tarfile.BLKTYPE, devmajor=8)], "disk is refused: it is neither"),
        ([member("pipe", type=tarfile.FIFOTYPE)], "pipe is refused: it is neither file, folder nor link"),
        ([member("odd", type=b"Z")], "odd is refused: it is neither file, folder nor link"),
        ([link("odd\x1b[2K\n", "/etc")], "odd\\x1b[2K\\n is refused: it is a link to /etc, out of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_slug_is_refused_by_its_members_name(refused, members, told):
    assert told in refused(gzip.compress(packed(WEB, *members))).replace("'", "")


def test_what_the_names_are_in_extended_headers_counts(refused):
    """The plain header may say another name than the one that tar takes."""
    honest, _ = member("honest")
    honest.pax_headers = {"path": "../PWNED"}
    assert refused(packed((honest, b""))).startswith("the slug's '../PWNED' is refused")


@pytest.fixture
def small_disk(machine):
    """A disk that has room for three files and 64 KiB."""
    disk = "f_bavail=16, f_frsize=4096, f_files=9, f_favail=3"
    fake = f"import os, sys, types; os.statvfs = lambda _: types.SimpleNamespace({disk})"
    machine.program("python3", f"""exec {sys.executable} -c '{fake}; exec(sys.stdin.read())' "${{@:2}}" """)


class TestBombs:
    def test_a_file_that_claims_to_be_larger_than_any_disk(self, refused):
        info, _ = member("bomb", size=1 << 50)
        told = refused(gzip.compress(info.tobuf() + bytes(1 << 20)))
        assert told.startswith("the slug unpacks to more than the ")
        assert told.endswith(" MiB that the disk has left")

    def test_files_that_are_too_much_together(self, refused, unpacks, small_disk):
        half = b"x" * (1 << 15)
        assert "more than the 0 MiB" in refused(
            packed(member("a", half), member("b", half), member("c", b"x"))
        )
        assert unpacks(packed(member("a", half), member("b", half))).report.ready_ms is not None

    def test_files_that_are_too_many(self, refused, unpacks, small_disk):
        many = [member(str(n)) for n in range(4)]
        assert refused(packed(*many)) == "the slug holds more than the 3 files that the disk has room for"
        assert unpacks(packed(*many[:3])).report.ready_ms is not None

    def test_a_header_that_claims_more_than_the_memory(self, refused):
        info, _ = member("x", type=tarfile.XHDTYPE, size=3 << 30)
        bomb = gzip.compress(info.tobuf()) + gzip.compress(bytes(1 << 20)) * (3 << 10)
        assert refused(bomb) == "the slug is no whole tarball: MemoryError"

    def test_a_negative_size(self, refused):
        info, _ = member("back", size=-512)
        assert "'back' is refused: its size is negative" in refused(
            info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
        )


class TestBrokenOnes:
    NOISE = hashlib.shake_256().digest(1 << 17)

    @pytest.mark.parametrize("compress", COMPRESSIONS)
    def test_half_a_download(self, machine, unpacks, compress):
        whole = compress(packed(WEB, member("noise", self.NOISE)))
        boot = unpacks(whole[: len(whole) // 2])
        assert boot.report.failure.step == "unpack"
        assert re.match("the slug is no (whole )?tarball", boot.report.log[-1])
        assert machine.read("/srv/app/bin/web") == OLD

    @pytest.mark.parametrize("cut", [512 + 512, 512 + 512 + 100])
    def test_one_that_was_cut_between_two_members(self, refused, cut):
        assert refused(packed(WEB, WEB)[:cut]) == "the slug is no whole tarball: it has no end"

    def test_a_page_instead_of_a_slug(self, refused):
        page = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
        assert refused(page) == f"the slug is no tarball; it begins with {page!r}"

    @pytest.mark.parametrize("data", [b"", b"\x28\xb5\x2f\xfd", zstd(b"no tar")])
    def test_what_is_no_tarball(self, refused, data):
        assert refused(data).startswith("the slug is no tarball; it begins with ")

    def test_bits_that_fell_over(self, refused):
        whole = bytearray(gzip.compress(packed(WEB, member("noise", self.NOISE))))
        whole[1 << 16] ^= 0xFF
        assert refused(bytes(whole)).startswith("the slug is no whole tarball: ")

    def test_a_wrong_checksum(self, refused):
        whole = packed(WEB)
        told = refused(whole, step="fetch", sha256="0" * 64)
        assert (
            told == f"what was fetched has the sha256 {hashlib.sha256(whole).hexdigest()} and not {'0' * 64}"
        )
