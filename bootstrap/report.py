"""The report: what the script prints on the console while the machine boots, read back.

    compute-instances: v1 version=3fa9c1d2 started
    compute-instances: v1 version=3fa9c1d2 step=fetch status=ok ms=120
    compute-instances: v1 version=3fa9c1d2 step=fetch status=failed exit=22 ms=310
    compute-instances: v1 version=3fa9c1d2 log| curl: (6) Could not resolve host: example.com
    compute-instances: v1 version=3fa9c1d2 failed step=fetch exit=22
    compute-instances: v1 version=3fa9c1d2 ready ms=8123

`v1` is the format; another one is not read. Kernel, getty and cloud-init write on the same console, with
colours and control characters, so a line of ours may begin anywhere in one of theirs. Only the first marker
of a line counts: what stands behind `log| ` is text, whatever it looks like. The first line of a console does
not count at all: AWS keeps the last 64 KiB, and what is left of a cut `log| ` line may look like another.
A script that starts again has said nothing yet: lines before its last `started` do not count.
"""

import re
from dataclasses import dataclass
from typing import Final

_NOISE: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.|[^\t\x20-\x7e\r\n]")
"""Escape sequences (ECMA-48, CSI), and whatever else is no printable ASCII, of which the report is made."""
_LINE: Final = re.compile(r"compute-instances: v1 version=(?P<version>[0-9a-f]+) (?P<rest>[^\r\n]*)")
_STEP: Final = re.compile(r"step=(?P<step>[a-z]+) status=(?P<status>ok|failed) ")
_FAILED: Final = re.compile(r"failed step=(?P<step>[a-z]+) exit=(?P<exit>\d+)")
_READY: Final = re.compile(r"ready ms=(?P<ms>\d+)")
_STARTED: Final = "started"
_LOG: Final = "log| "


@dataclass(frozen=True)
class Failure:
    """The step at which the script gave up and its exit code."""

    step: str
    exit: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one version's script has said so far. `ready_ms`: milliseconds from its start until ready."""

    steps: tuple[str, ...] = ()
    ready_ms: int | None = None
    failure: Failure | None = None
    log: tuple[str, ...] = ()


def parse_report(console: str, version: str) -> Report:
    """The report of `version` in a console. Never raises: noise and other versions are passed over."""
    lines = _since_started(
        [
            match["rest"].strip()
            for match in _LINE.finditer(_NOISE.sub("", console).partition("\n")[2])
            if match["version"] == version
        ]
    )
    said = [line for line in lines if not line.startswith(_LOG)]
    ready = next(filter(None, map(_READY.fullmatch, said)), None)
    failed = next(filter(None, map(_FAILED.fullmatch, said)), None)
    return Report(
        steps=tuple(match["step"] for match in map(_STEP.match, said) if match and match["status"] == "ok"),
        ready_ms=int(ready["ms"]) if ready else None,
        failure=Failure(failed["step"], int(failed["exit"])) if failed else None,
        log=tuple(line.removeprefix(_LOG) for line in lines if line.startswith(_LOG)),
    )


def _since_started(lines: list[str]) -> list[str]:
    """All of them where the console no longer holds the start: it keeps its last 64 KiB."""
    starts = [place for place, line in enumerate(lines) if line == _STARTED]
    return lines[starts[-1] + 1 :] if starts else lines
