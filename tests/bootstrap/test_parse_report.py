"""The report, read back from what a console shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        f"\n{MARK}step=system status=ok ms=12\n"
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
        CONSOLE + CONSOLE.replace("v1", "v2").replace("ok", "failed exit=1"),
        CONSOLE.replace("\n\n", "\n\0\x8f\x1b]0;title\x07\x1b[?25l\n\r\n"),
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
    assert parse_report(f"\n{MARK}{line}", VERSION).ready_ms is None


@pytest.mark.parametrize(
    "line", ["failed", "failed step=fetch", "failed step=fetch exit=", "failed step= exit=1"]
)
def test_what_is_not_quite_failed(line):
    assert parse_report(f"\n{MARK}{line}", VERSION).failure is None


@pytest.mark.parametrize(
    "line", ["step=fetch status=", "step=fetch status=maybe ms=1", "step= status=ok ms=1"]
)
def test_what_is_not_quite_a_step(line):
    assert parse_report(f"\n{MARK}{line}", VERSION).steps == ()


def test_the_first_word_counts():
    """A report is written once; whatever follows is a repetition or was made up."""
    again = f"{MARK}ready ms=1\n{MARK}failed step=a exit=1\n{MARK}failed step=b exit=2\n"
    report = parse_report(CONSOLE + again, VERSION)
    assert (report.ready_ms, report.failure) == (8123, Failure("a", 1))


def test_only_what_follows_the_last_start_counts():
    """Two boots in one buffer, or a script that was run again."""
    first = f"\n{MARK}started\n{MARK}step=system status=ok ms=1\n{MARK}log| lost\n{MARK}ready ms=1\n"
    second = f"\n{MARK}started\n{MARK}step=fetch status=ok ms=1\n{MARK}log| {MARK}started\n"
    assert parse_report(first + second, VERSION) == Report(steps=("fetch",), log=(f"{MARK}started",))
    assert parse_report(second + first, VERSION).ready_ms == 1


FAILED = Report(steps=("system",), failure=Failure("check", 1), log=(f"{MARK}ready ms=1", "started", "end"))
FAILING = (
    "started",
    "step=system status=ok ms=12",
    "step=check status=failed exit=1 ms=9",
    *(f"log| {line}" for line in FAILED.log),
    "failed step=check exit=1",
)
noise = st.lists(
    st.text(max_size=40)
    | st.text("\x1b[0;1mJK\r\0\x07login: ", max_size=40)
    | st.binary(max_size=40).map(lambda data: data.decode(errors="replace"))
    | st.sampled_from(
        [MARK, MARK[:30], MARK.replace("v1", "v2") + "ready ms=1", f"{MARK}log| {MARK}ready ms=1"]
    )
).map("\n".join)


@given(st.lists(noise, min_size=len(FAILING), max_size=len(FAILING)), noise)
def test_no_noise_between_the_lines_forges_or_hides_anything(before, after):
    console = "".join(f"{some}\n{MARK}{line}\r\n" for some, line in zip(before, FAILING, strict=True))
    report = parse_report(f"{console}{after}", VERSION)
    assert (report.steps, report.ready_ms, report.failure) == (FAILED.steps, None, FAILED.failure)
    assert {*FAILED.log} <= {*report.log}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
@given(data=st.binary())
def test_it_never_raises(encoding, data):
    for console in (data, data + MARK.encode() + data + b"\n" + MARK.encode() + data):
        assert parse_report(console.decode(encoding, errors="replace"), VERSION).ready_ms is None


def test_a_console_that_begins_in_the_middle_is_never_read_as_more_than_it_says():
    console = "\n".join(f"{MARK}{line}\n" for line in FAILING)
    for cut in range(len(console)):
        report = parse_report(console[cut:], VERSION)
        assert report.ready_ms is None
        assert report.failure in {FAILED.failure, None}
        assert set(report.steps) <= {*FAILED.steps}
    assert parse_report(console[1:], VERSION) == FAILED
