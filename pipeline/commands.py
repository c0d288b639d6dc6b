"""Other programs as the steps run them: what they say is in the log; a cancelled job ends them in order."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fleet.command import MissingError, ask

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)
"""What a step's process gets when its job is cancelled, 7.5 s apart, and 2.5 s later SIGKILL:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
"""


class PipelineError(Exception):
    """Why a step ends here, and what to do."""


def run(*command: str, folder: Path | None = None) -> None:
    """What it prints goes where our output goes. Raises PipelineError, as all here MissingError."""
    if code := _done(command, folder, None).returncode:
        raise PipelineError(f"`{' '.join(command)}` ended with exit code {code}: its own words stand above")


def heard(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What it prints is kept; what it said on stderr is in the log too, once it is over."""
    done = _done(command, folder, subprocess.PIPE)
    say(done.stderr.rstrip())
    return done


def asked(*command: str, folder: Path | None = None) -> str:
    """What it prints on stdout. Raises PipelineError."""
    done = ask(*command, folder=folder)
    if done.returncode:
        raise PipelineError(f"`{' '.join(command)}`: {done.stderr.strip()}")
    return done.stdout


def says_no(*command: str) -> bool:
    return ask(*command).returncode != 0


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _done(
    command: Sequence[str], folder: Path | None, output: int | None
) -> subprocess.CompletedProcess[str]:
    say(f"$ {' '.join(command)}")
    with _begun(command, folder, output) as process, _ended_in_order(process):
        told, errors = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, told, errors)


def _begun(command: Sequence[str], folder: Path | None, output: int | None) -> subprocess.Popen[str]:
    """In a group of its own, so that a ^C comes to it from here alone, and once."""
    try:
        return subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, text=True, process_group=0)
    except FileNotFoundError as error:
        raise MissingError(command[0]) from error


@contextmanager
def _ended_in_order(process: subprocess.Popen[str]) -> Iterator[None]:
    """Each signal that asks us to end goes to the process, as SIGINT; we wait for it all the same.

    pulumi takes the first as a wish to end, and ends at once with the second, without its lock.
    """

    def hand_on(*_: object) -> None:
        process.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, hand_on) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
