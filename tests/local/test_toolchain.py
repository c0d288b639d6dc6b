import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from local import toolchain
from local.errors import LocalError
from local.logged import Log
from local.toolchain import build, download, find, versions

ARCHIVE = "pulumi-v1.2.3-linux-x64.tar.gz"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without pulumi, Go and network, whose user has an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(download, "_read", unreachable)
    monkeypatch.setattr(build, "build", no_go)
    (tmp_path / "bin").mkdir()
    return tmp_path


def unreachable(_url: str) -> bytes:
    raise LocalError("no release download here (unreachable)")


def no_go(_into: Path, _log: Log) -> None:
    raise LocalError("there is no Go")


def log(machine: Path) -> Log:
    return Log(machine / "log")


def put_on_path(machine: Path, version: str, *, host: bool = True) -> Path:
    folder = machine / "bin"
    program(folder / "pulumi", f"#!/bin/sh\necho {version}\n")
    if host:
        program(folder / "pulumi-language-python", "#!/bin/sh\n")
    return folder


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Makes a build instant; the folders that were built into."""
    made: list[Path] = []

    def pretend(into: Path, _log: Log) -> None:
        made.append(into)
        into.mkdir()
        (into / "pulumi").touch()

    monkeypatch.setattr(build, "build", pretend)
    return made


class TestOnPath:
    def test_a_good_one_is_used(self, machine: Path) -> None:
        folder = put_on_path(machine, "v3.300.1")
        assert toolchain.bin_folder() == toolchain.ensure(log(machine)) == folder

    @pytest.mark.parametrize("version", ["v3.258.9", "v2.999.0", "v4.0.0", "3.300.0", "nonsense", ""])
    def test_another_is_not_taken(self, machine: Path, version: str) -> None:
        put_on_path(machine, version)
        with pytest.raises(LocalError):
            toolchain.bin_folder()

    def test_one_without_its_language_host_is_not_taken(self, machine: Path) -> None:
        put_on_path(machine, "v3.300.1", host=False)
        with pytest.raises(LocalError):
            toolchain.bin_folder()

    def test_a_broken_one_is_not_taken(self, machine: Path) -> None:
        program(put_on_path(machine, "v3.300.1") / "pulumi", "#!/no/such/interpreter\n")
        with pytest.raises(LocalError):
            toolchain.bin_folder()

    def test_one_may_be_newer_than_ours(self) -> None:
        assert find.good_enough(f"v{versions.CLI}\n")
        assert find.good_enough("v3.1000.0-alpha.1\n")


class TestGetting:
    def test_nothing_there_is_told_with_the_command_that_brings_it(self) -> None:
        with pytest.raises(LocalError, match=r"not there yet\n  python3 -m local.setup --only cli"):
            toolchain.bin_folder()

    def test_it_is_built_where_no_release_can_be_had_and_only_once(
        self, machine: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        made = builds(monkeypatch)
        folder = toolchain.ensure(log(machine))
        assert "no release download here (unreachable); building it" in capfd.readouterr().err
        assert folder.name == "bin"
        assert folder.parent.name == f"{versions.CLI}-{versions.HOST}"
        assert (folder / "pulumi").exists()
        assert toolchain.ensure(log(machine)) == toolchain.bin_folder() == folder
        assert len(made) == 1

    def test_the_release_is_taken_where_it_can_be_had(
        self, machine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = builds(monkeypatch)
        content = release("pulumi", "pulumi-language-python")
        monkeypatch.setattr(download, "_read", served(content, sha256(content).hexdigest()))
        folder = toolchain.ensure(log(machine))
        assert folder.parent.name == f"{versions.CLI}-{versions.CLI}"
        assert (folder / "pulumi").read_bytes() == b"pulumi"
        assert made == []

    def test_a_release_with_another_checksum_is_refused(
        self, machine: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        builds(monkeypatch)
        monkeypatch.setattr(download, "_read", served(release("pulumi"), "0" * 64))
        folder = toolchain.ensure(log(machine))
        assert "does not have its published checksum; building it" in capfd.readouterr().err
        assert (folder / "pulumi").read_bytes() == b""

    def test_a_failed_build_leaves_nothing(self, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(into: Path, _log: Log) -> None:
            into.mkdir()
            (into / "half").touch()
            raise LocalError("go: no space left")

        monkeypatch.setattr(build, "build", fail)
        with pytest.raises(LocalError, match="no space left"):
            toolchain.ensure(log(machine))
        assert [place.name for place in find._shelf().iterdir()] == [".lock"]

    def test_what_a_killed_build_left_is_removed(
        self, machine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left = find._shelf() / f"{versions.CLI}-{versions.HOST}.killed"
        left.mkdir(parents=True)
        builds(monkeypatch)
        toolchain.ensure(log(machine))
        assert not left.exists()

    def test_who_waited_for_another_build_takes_that(
        self, machine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = builds(monkeypatch)

        @contextmanager
        def other_ends(folder: Path) -> Iterator[None]:
            (folder / f"{versions.CLI}-{versions.HOST}" / "bin").mkdir(parents=True)
            yield

        monkeypatch.setattr(find, "locked", other_ends)
        assert toolchain.ensure(log(machine)).name == "bin"
        assert made == []


class TestRelease:
    def test_only_what_a_python_program_needs_is_unpacked(self, machine: Path) -> None:
        content = release(
            "pulumi", "pulumi-language-go", "pulumi-language-python", "pulumi-language-python-exec"
        )
        download.unpack(content, machine / "new")
        names = {path.name for path in (machine / "new").iterdir()}
        assert names == {"pulumi", "pulumi-language-python", "pulumi-language-python-exec"}
        assert all(os.access(path, os.X_OK) for path in (machine / "new").iterdir())

    @pytest.mark.parametrize("published", ["", "<html>log in here</html>", f"{'0' * 64}  {ARCHIVE}"])
    def test_is_refused_without_its_checksum(self, published: str) -> None:
        with pytest.raises(LocalError, match="does not have its published checksum"):
            download.verify(b"content", ARCHIVE, published)

    def test_is_refused_when_the_sum_is_another_files(self) -> None:
        with pytest.raises(LocalError):
            download.verify(b"content", ARCHIVE, f"{sha256(b'content').hexdigest()}  other.tar.gz")

    def test_passes_with_its_checksum(self) -> None:
        sums = f"{'0' * 64}  other.tar.gz\n{sha256(b'content').hexdigest()}  {ARCHIVE}\n"
        download.verify(b"content", ARCHIVE, sums)


class TestBuild:
    @pytest.mark.parametrize("version", ["go1.25.11", "go1.26", "go version go1.26.8 linux/amd64", "go2.0"])
    def test_a_recent_go_is_used(self, version: str) -> None:
        assert build.recent_enough(version)

    @pytest.mark.parametrize("version", ["go1.25.10", "go1.19.8", "go1.25", "gccgo", ""])
    def test_an_old_go_is_not_used(self, version: str) -> None:
        assert not build.recent_enough(version)

    def test_the_modules_name_the_versions_that_we_say(self) -> None:
        cli, host, linter = (module("cli"), module("host"), module("linter"))
        assert f"github.com/pulumi/pulumi/pkg/v3 v{versions.CLI} " in cli
        assert f"github.com/pulumi/pulumi/sdk/v3 v{versions.CLI} " in cli
        assert f"github.com/pulumi/pulumi/sdk/v3 v{versions.HOST} " in host
        assert f"github.com/rhysd/actionlint v{versions.LINTER} " in linter
        for text in (cli, host, linter):
            assert f"\ngo {'.'.join(map(str, versions.GO))}\n" in text


def release(*names: str) -> bytes:
    """An archive as Pulumi's: every file says its name."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(f"pulumi/{name}")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    return content.getvalue()


def served(content: bytes, digest: str) -> Callable[[str], bytes]:
    """An internet that has one release and its checksums."""

    def read(url: str) -> bytes:
        if url.endswith("checksums.txt"):
            return "".join(
                f"{digest}  pulumi-v{versions.CLI}-linux-{machine}.tar.gz\n" for machine in ("x64", "arm64")
            ).encode()
        return content

    return read


def module(name: str) -> str:
    return (Path(build.__file__).parent / name / "go.mod").read_text()
