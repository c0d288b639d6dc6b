"""One machine from its first boot to its last trace, and the ground from opening to closing."""

import os
import signal
from pathlib import Path

import pytest

from local.aws import processes
from local.aws.nspawn import NspawnMachine
from local.errors import LocalError
from tests.machines.ground.parts import PROBE, PROBES_OPEN, Ground, eventually, says, traces

pytestmark = pytest.mark.machines


def test_a_machine_that_powers_itself_off_is_noticed_and_keeps_its_disk(ground: Ground) -> None:
    machine = ground.boot(12, "#!/bin/sh\necho kept > /kept; sync; poweroff\n")
    eventually(lambda: not machine.running())
    machine.start()
    says(machine, "login:")
    files = processes_root(machine)
    assert (files / "kept").read_text() == "kept\n"
    machine.remove()
    assert not machine.running()
    assert not [line for line in traces(ground.home) if machine.spec.id in line]


def processes_root(machine: NspawnMachine) -> Path:
    """The machine's own root folder, through its first process."""
    return Path(f"/proc/{machine._first_processes()[0]}/root")


def test_a_machine_that_boots_again_is_running_all_the_time(ground: Ground) -> None:
    machine = ground.boot(12, "#!/bin/sh\necho 'boot: first' > /dev/console; reboot\n")
    says(machine, "boot: first")
    eventually(lambda: not machine.running() or machine.console().count(b"running in system mode") > 1)
    assert machine.running()
    machine.remove()


# Its service is told to stop, and takes for ever.
STUBBORN = """#!/bin/sh
systemd-run --property=ExecStop='/bin/sleep infinity' --property=TimeoutStopSec=infinity sleep infinity
echo 'stubborn: now' > /dev/console
"""


def test_a_machine_that_will_not_go_down_is_ended(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = ground.boot(12, STUBBORN)
    says(machine, "stubborn: now")
    monkeypatch.setattr("local.aws.nspawn._STOP_DEADLINE", 3.0)
    machine.remove()
    assert not [line for line in traces(ground.home) if machine.spec.id in line]


def test_a_machine_that_will_not_go_down_boots_again_all_the_same(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = ground.boot(12, STUBBORN)
    says(machine, "stubborn: now")
    monkeypatch.setattr("local.aws.nspawn._STOP_DEADLINE", 3.0)
    machine.reboot()
    eventually(lambda: machine.console().count(b"running in system mode") == 2)
    assert machine.running()
    machine.remove()


def test_a_machine_that_talks_without_end_fills_no_disk_and_its_last_words_stay(ground: Ground) -> None:
    flood = "yes 'so it goes on' | head --bytes 8M > /dev/console; echo 'flood: over' > /dev/console"
    machine = ground.boot(12, f"#!/bin/sh\n{flood}\n")
    said = says(machine, "flood: over")
    assert 1 << 20 <= len(said) < 2 << 20
    assert said[:4096].count("so it goes on") > 200
    file = (machine.launch.folder / "console").stat()
    assert file.st_size > 8 << 20
    assert file.st_blocks * 512 < 3 << 20
    machine.remove()


def test_a_full_disk_is_the_machine_s(ground: Ground) -> None:
    script = """#!/bin/sh
    fallocate --length 500M /half && half=fits
    fallocate --length 900M /whole || full=yes
    echo "disk: $half $full" > /dev/console
    """
    machine = ground.boot(12, script, gib=1)
    assert "disk: fits yes" in says(machine, "disk: ")
    machine.remove()


def test_a_machine_that_cannot_start_says_why(ground: Ground) -> None:
    machine = ground.boot(12, "#!/bin/sh\n")
    machine.stop()
    (machine.launch.folder / "disk").write_bytes(b"no file system")
    with pytest.raises(LocalError, match="i-0123456789abcd00c did not start: mount: "):
        machine.start()
    assert not machine.running()
    machine.remove()


def test_what_a_killed_one_left_is_cleaned_and_its_successor_works(
    ground: Ground, machines: tuple[NspawnMachine, NspawnMachine]
) -> None:
    for machine in machines:
        kill_around(machine)
    assert ground.ask(10) == "here", "the planted orphan answers, though nobody knows it"
    ground.site.open()
    assert ground.ask(10) == ""
    assert not [line for line in traces(ground.home) if machines[0].spec.id in line]
    successor = ground.boot(10, PROBE)
    says(successor, "probe: ready")
    ground.publish(*PROBES_OPEN)
    assert ground.ask(10) == "here"


def kill_around(machine: NspawnMachine) -> None:
    """Kill all that watches over a machine and leave the machine itself."""
    assert machine._shell is not None
    nspawn = processes.children(machine._shell.pid)
    for pid in (machine._shell.pid, *nspawn):
        os.kill(pid, signal.SIGKILL)
    machine._shell.wait()


def test_closing_leaves_nothing(opened: Ground) -> None:
    kinds = ("/disk)", "h@if", "table ip", "haproxy", "dnsmasq", "systemd-nspawn", "/run/netns/", "/payload")
    found = traces(opened.home)
    assert [kind for kind in kinds if not any(kind in line for line in found)] == [], "the search is blind"
    opened.site.close()
    assert traces(opened.home) == []
