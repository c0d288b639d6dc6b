"""The report, read back from what a console shows."""

import pytest

from bootstrap import Failure, Report, parse_report

VERSION = "3fa9c1d2"
MARK = f"compute-instances: v1 version={VERSION} "
READY = Report(steps=("system", "fetch"), ready_ms=8123)
CONSOLE = f"""\
[    0.000000] Linux version 6.1.0-41-cloud-amd64

{MARK}step=system status=ok ms=12

{MARK}step=fetch status=ok ms=5120

{MARK}ready ms=8123
"""


def test_nothing_was_said_yet():
    assert (
        parse_report("", VERSION) == parse_report("Debian GNU/Linux 12 ttyS0\n\nlogin: ", VERSION) == Report()
    )


def test_all_went_well():
    assert parse_report(CONSOLE, VERSION) == READY


def test_a_step_failed():
    console = (
        f"{MARK}step=system status=ok ms=12\n"
        f"{MARK}step=fetch status=failed exit=22 ms=310\n"
        f"{MARK}log| == fetch\n"
        f"{MARK}log|   curl: (22) The requested URL returned error: 404\n"
        f"{MARK}failed step=fetch exit=22\n"
    )
    assert parse_report(console, VERSION) == Report(
        steps=("system",),
        failure=Failure("fetch", 22),
        log=("== fetch", "  curl: (22) The requested URL returned error: 404"),
    )


@pytest.mark.parametrize(
    "noisy",
    [
        CONSOLE.replace("\n", "\r\n"),
        CONSOLE.replace("\n", "\r\r\n"),
        CONSOLE.replace(MARK, f"\x1b[32m  OK  \x1b[0m{MARK}"),
        CONSOLE.replace(MARK, f"ip-172-31-0-4 login: {MARK}"),
        CONSOLE.replace(MARK, f"[  12.345678] cloud-init[512]: \0\xff\ufffd\x07{MARK}"),
        CONSOLE.replace(MARK, f"compute-instances: {MARK}"),
        "half a line of an earlier " + CONSOLE,
        CONSOLE.partition("Linux")[2],
        CONSOLE + MARK.partition("version")[0],
        CONSOLE + MARK + "log| half a li",
        CONSOLE.replace(MARK, f"{MARK}step=sys\n{MARK}"),
        CONSOLE + CONSOLE.replace(VERSION, "00000000").replace("ok", "failed exit=1"),
    ],
)
def test_what_others_write_is_passed_over(noisy):
    report = parse_report(noisy, VERSION)
    assert (report.steps, report.ready_ms, report.failure) == (READY.steps, READY.ready_ms, None)


@pytest.mark.parametrize(
    "console",
    [
        CONSOLE.replace(VERSION, "3fa9c1d3"),
        CONSOLE.replace(VERSION, VERSION + "00"),
        CONSOLE.replace(VERSION, VERSION[:-1]),
        CONSOLE.replace("v1", "v2"),
        CONSOLE.replace(MARK, f"{MARK}log| "),
        CONSOLE.replace(MARK, f"{MARK}log| {MARK}"),
        CONSOLE.replace(MARK, f"{MARK}log| x\x1b[2K {MARK}"),
        CONSOLE.replace(MARK, f"{MARK.replace(VERSION, '00000000')}{MARK}"),
    ],
)
def test_what_counts_for_nothing(console):
    report = parse_report(console, VERSION)
    assert (report.steps, report.ready_ms, report.failure) == ((), None, None)


@pytest.mark.parametrize(
    "line",
    ["ready", "ready ms=", "ready ms=x", "readyms=1", "not ready ms=1", "ready ms=1 failed", "ready  ms=1"],
)
def test_what_is_not_quite_ready(line):
    assert parse_report(MARK + line, VERSION).ready_ms is None


@pytest.mark.parametrize(
    "line", ["failed", "failed step=fetch", "failed step=fetch exit=", "failed step= exit=1"]
)
def test_what_is_not_quite_failed(line):
    assert parse_report(MARK + line, VERSION).failure is None


@pytest.mark.parametrize(
    "line", ["step=fetch status=", "step=fetch status=maybe ms=1", "step= status=ok ms=1"]
)
def test_what_is_not_quite_a_step(line):
    assert parse_report(MARK + line, VERSION).steps == ()


def test_the_first_word_counts():
    """A report is written once; whatever follows is a repetition or was made up."""
    again = f"{MARK}ready ms=1\n{MARK}failed step=a exit=1\n{MARK}failed step=b exit=2\n"
    report = parse_report(CONSOLE + again, VERSION)
    assert (report.ready_ms, report.failure) == (8123, Failure("a", 1))
