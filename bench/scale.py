"""Large fleets, simulated machines: preview against a bare program, time and state of `up`."""

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from local.environment import within
from tests.stack import Stack, own_stack

_BARE: Final = Path(__file__).parent / "bare_program.py"
_EACH: Final = 20
"""Instances of each app."""


def report(rounds: int) -> None:
    """Prints seconds and ratios."""
    with tempfile.TemporaryDirectory() as folder, own_stack(Path(folder), "simulated") as stack:
        _report_previews(stack, _bare(stack, 1000), rounds)
    print("up and its state, with PULUMI_DIY_BACKEND_ZSTD and without:")
    for instances in (10, 100, 300):
        for zstd in (True, False):
            _report_up(instances, zstd=zstd)


def _report_previews(ours: Stack, bare: Stack, rounds: int) -> None:
    fleet(ours, 1000)
    previews: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(rounds):
        for name, stack in (("bare", bare), ("ours", ours)):
            previews[name].append(_timed(stack, ["preview"]))
    medians = {name: statistics.median(many) for name, many in previews.items()}
    print(f"preview of 1000 instances, medians of {rounds}, seconds:")
    print("".join(f"  {name:<6}{seconds:7.1f}\n" for name, seconds in medians.items()), end="")
    print(f"  ours / bare: {medians['ours'] / medians['bare']:.2f}")


def _report_up(instances: int, *, zstd: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, own_stack(Path(folder), "simulated") as stack:
        fleet(stack, instances)
        zipped = {"PULUMI_DIY_BACKEND_ZSTD": str(zstd).lower()}
        seconds = _timed(stack, ["up", "--yes", "--skip-preview"], zipped)
        states = stack.home.state.glob(".pulumi/stacks/*/local.json*")
        size = sum(file.stat().st_size for file in states if file.suffix in {".json", ".zst"})
        kind = "zstd" if zstd else "json"
        print(f"  {instances:4} instances, {kind}: {seconds:6.1f} s, {size / 1024:8.0f} KiB")


def fleet(stack: Stack, instances: int) -> None:
    """App files for so many instances, `_EACH` of an app."""
    each = min(instances, _EACH)
    for number in range(instances // each):
        stack.app(f"app-{number}", count=each, deploy={"min_healthy_time": "1s"})


def _bare(stack: Stack, instances: int) -> Stack:
    """A project with the bare program, on the same local AWS with a stack of its own."""
    project = stack.project.with_name("bare")
    project.mkdir()
    shutil.copy(_BARE, project / "__main__.py")
    (project / "Pulumi.yaml").write_text("name: bare\nruntime: python\n")
    shutil.copy(stack.project / "Pulumi.local.yaml", project)
    stack.app("one")
    (project / "script.sh").write_text(stack.python("-m", "bootstrap", "one", "--stack", "local"))
    (stack.project / "apps" / "one.yaml").unlink()
    (project / "size").write_text(f"{instances // _EACH} {_EACH}")
    bare = replace(stack, project=project)
    bare.pulumi("stack", "select", "--create", "local")
    return bare


def _timed(stack: Stack, command: Iterable[str], environment: Mapping[str, str] | None = None) -> float:
    began = time.monotonic()
    done = subprocess.run(
        ["pulumi", *command, "--non-interactive", "--color", "never"],
        cwd=stack.project,
        env=within(stack.home, stack.connection) | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")
    return time.monotonic() - began
