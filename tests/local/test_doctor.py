"""`python -m local doctor`: a line for each thing, and an exit code that means something."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import local.__main__ as command
from local import doctor
from local.doctor import Finding
from local.errors import LocalError
from local.home import Home


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with nothing to find fault with, whatever host this is."""
    monkeypatch.setattr(command, "become_root", lambda: None)
    monkeypatch.setattr(doctor, "NEEDS", {"tools": lambda: None})
    monkeypatch.setattr(doctor, "is_root", lambda: True)
    monkeypatch.setattr(doctor, "abandoned", list)
    monkeypatch.setattr(doctor.environment, "is_current", lambda: True)
    monkeypatch.setattr(doctor.packages, "missing", lambda: ())
    monkeypatch.setattr(doctor.toolchain, "bin_folder", lambda: Path("/bin"))
    monkeypatch.setattr(doctor.image, "is_built", lambda: True)
    monkeypatch.setattr(doctor.image, "path", lambda: Path("/image"))
    monkeypatch.setattr(doctor.firewall, "refusals", lambda _: [])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5 << 30))
    answering = SimpleNamespace(endpoint="http://127.0.0.9", machines="simulated")
    monkeypatch.setattr(doctor.supervise, "serving", lambda _: answering)


def run(home: Path) -> tuple[int, list[str]]:
    done = CliRunner().invoke(command.app, ["doctor", "--home", str(home)], catch_exceptions=False)
    return done.exit_code, done.stdout.splitlines()


@pytest.mark.usefixtures("well")
def test_when_all_is_well_every_line_says_so(tmp_path: Path) -> None:
    code, lines = run(tmp_path)
    assert code == 0
    assert len(lines) == 11
    assert [line for line in lines if not line.startswith("ok  ")] == []


FULL = SimpleNamespace(free=1 << 30)
FAULTS = {
    "--  tools: not installed: nft": (doctor, "NEEDS", {"tools": lambda: "not installed: nft"}),
    "--  Python environment: .venv is not there": (doctor.environment, "is_current", lambda: False),
    "--  Debian packages: not installed: nft; make setup": (doctor.packages, "missing", lambda: ("nft",)),
    "--  machine image: not built yet; make setup": (doctor.image, "is_built", lambda: False),
    "--  firewall of this host: FORWARD drops": (doctor.firewall, "refusals", lambda _: ["FORWARD drops"]),
    "--  room for images: 1.0 GiB are free at ": (shutil, "disk_usage", lambda _: FULL),
    "--  local AWS: not up; make up": (doctor.supervise, "serving", lambda _: None),
    "--  left by ci1: 1 x veth; ip link delete": (
        doctor, "abandoned", lambda: [SimpleNamespace(name="ci1", what="1 x veth", cure="ip link delete x")]
    ),
}  # fmt: skip


@pytest.mark.usefixtures("well")
@pytest.mark.parametrize("line", FAULTS)
def test_a_fault_is_said_with_its_cure_and_the_rest_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    module, name, faulty = FAULTS[line]
    monkeypatch.setattr(module, name, faulty)
    code, lines = run(tmp_path)
    assert (code, len(lines)) == (1, 11)
    assert [one for one in lines if one.startswith(line)]


@pytest.mark.usefixtures("well")
def test_a_daemon_that_was_killed_is_told_from_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.supervise, "serving", lambda _: None)
    monkeypatch.setattr(doctor, "known", lambda _: SimpleNamespace(pid=4711))
    assert any("process 4711 was killed" in str(finding) for finding in doctor.examine(Home(tmp_path)))


@pytest.mark.usefixtures("well")
def test_a_check_that_cannot_be_made_is_a_fault_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot() -> list[Finding]:
        raise LocalError("nft\nis broken", hint="mend it")

    monkeypatch.setattr(doctor, "abandoned", cannot)
    assert "--  leftovers: nft is broken; mend it" in run(tmp_path)[1]
