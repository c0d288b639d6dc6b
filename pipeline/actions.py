"""What a step tells GitHub beside its log. In a shell of one's own it is said on stderr alone.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import os
import sys
from pathlib import Path

from pipeline.commands import say


def output(name: str, value: str) -> None:
    """A step's output of one line."""
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def summarize(markdown: str) -> None:
    """On the page of the run."""
    _append("GITHUB_STEP_SUMMARY", markdown)


def warn(line: str) -> None:
    """Where nobody can miss it: on the page of the run, twice."""
    say(f"warning: {line}")
    summarize(f":warning: {line}\n\n")
    if "GITHUB_ACTIONS" in os.environ:
        sys.stderr.write(f"::warning::{line}\n")


def _append(variable: str, text: str) -> None:
    if file := os.environ.get(variable):
        with Path(file).open("a") as told:
            told.write(text)
