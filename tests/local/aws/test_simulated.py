"""Simulated machines act what their image's description says."""

import gzip
import time

import pytest

from local.aws.machine import MachineSpec
from local.aws.simulated import STEPS, SimulatedMachine, SimulatedSite, play, read_act
from local.errors import LocalError

SCRIPT = b"#!/bin/bash\nset -e\nreadonly version=3fa9c1d2\nreadonly other=1\n"


def machine(description: str = "", user_data: bytes = SCRIPT) -> SimulatedMachine:
    spec = MachineSpec(
        id="i-1",
        image_id="ami-1",
        image_description=description,
        user_data=user_data,
        hostname="ip-172-31-0-4",
        private_ip="172.31.0.4",
        volume_gib=8,
    )
    made = SimulatedSite().machine(spec)
    assert isinstance(made, SimulatedMachine)
    return made


def acted(description: str = "", user_data: bytes = SCRIPT) -> tuple[SimulatedMachine, list[str]]:
    """A machine after all its lines, and what it reported."""
    one = machine(description, user_data)
    one.start()
    time.sleep(0.2)  # twice what all lines take
    return one, reported(one.console().decode())


def reported(console: str) -> list[str]:
    lines = console.split("\r\n")
    mark = "compute-instances: v1 version=3fa9c1d2 "
    return [line.partition(mark)[2] for line in lines if mark in line]


def passed(*steps: str) -> list[str]:
    return ["started", *(f"step={step} status=ok ms=5" for step in steps)]


@pytest.mark.parametrize("user_data", [SCRIPT, gzip.compress(SCRIPT, mtime=0)])
def test_by_default_every_step_passes_and_the_machine_is_ready(user_data: bytes) -> None:
    one, report = acted("a plain image", user_data)
    assert report == [*passed(*STEPS), "ready ms=40"]
    assert one.running()


def test_a_script_that_reports_nothing_gives_a_login_prompt_only() -> None:
    _, report = acted(user_data=b"#!/bin/sh\necho version=3fa9c1d2\n")
    assert report == []
    assert acted(user_data=b"")[0].console().endswith(b"login: ")


def test_the_report_stands_in_noise_and_its_first_line_follows_the_prompt() -> None:
    text = acted()[0].console().decode()
    assert text.index("Linux version") < text.index("compute-instances:")
    assert "login: compute-instances: v1 version=3fa9c1d2 started\r\n" in text


def test_a_failing_step_says_its_exit_code_and_log() -> None:
    one, report = acted("simulate: fail step=fetch exit=22 log='curl: (22) 404\nno ready here'")
    assert report == [
        *passed("system", "packages", "user"),
        "step=fetch status=failed exit=22 ms=5",
        "log| curl: (22) 404",
        "log| no ready here",
        "failed step=fetch exit=22",
    ]
    assert one.running(), "a script that fails does not take the machine with it"


def test_a_hanging_one_is_silent_after_the_steps_before() -> None:
    one, report = acted("simulate: hang step=unpack")
    assert report == passed("system", "packages", "user", "fetch")
    assert one.running()


def test_a_dying_one_powers_itself_off_and_keeps_its_console() -> None:
    one, report = acted("simulate: die step=user")
    assert report == passed("system", "packages")
    assert not one.running()


def test_the_last_word_waits_for_the_delay() -> None:
    acting = play(read_act("simulate: ready delay=30"), "3fa9c1d2", "ip-172-31-0-4")
    assert reported(acting.until(29)) == passed(*STEPS)
    assert reported(acting.until(31)) == [*passed(*STEPS), "ready ms=40"]


def test_it_dies_after_the_delay() -> None:
    acting = play(read_act("simulate: die step=check delay=30"), "3fa9c1d2", "ip-172-31-0-4")
    assert acting.power_off is not None
    assert 30 < acting.power_off < 31


@pytest.mark.parametrize(
    "order",
    ["explode", "fail step=nowhere", "fail exit=x", "ready colour=red", "fail log='open", "fail step", ""],
)
def test_an_unknown_order_is_told_and_the_machine_does_not_start(order: str) -> None:
    one = machine(f"simulate: {order}")
    with pytest.raises(LocalError, match="cannot simulate"):
        one.start()
    assert not one.running()


def test_stop_and_start_keep_the_console_and_do_not_run_the_script_again() -> None:
    one, report = acted()
    one.stop()
    assert not one.running()
    assert reported(one.console().decode()) == report
    one.start()
    time.sleep(0.2)
    assert one.running()
    assert reported(one.console().decode()) == report
    assert one.console().count(b"login: ") == 2


def test_a_reboot_keeps_the_console_and_does_not_run_the_script_again() -> None:
    one, report = acted()
    one.reboot()
    assert one.running()
    time.sleep(0.2)
    assert reported(one.console().decode()) == report
    assert one.console().count(b"login: ") == 2


def test_a_machine_that_is_off_does_not_reboot() -> None:
    one, _ = acted("simulate: die step=user")
    one.reboot()
    assert not one.running()
    assert one.console().count(b"login: ") == 1


def test_a_machine_that_was_never_started_has_nothing_to_say() -> None:
    one = machine()
    assert not one.running()
    assert one.console() == b""
    one.stop()
    one.remove()
