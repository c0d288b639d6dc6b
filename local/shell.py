"""Into a machine, as its root."""

import os
from collections.abc import Sequence
from typing import NoReturn

from local.aws import processes
from local.connection import Connection
from local.errors import LocalError
from local.instances import Instance
from local.privilege import become_root

_LOGIN = ("bash", "--login")
_NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid")


def enter(connection: Connection, instance: Instance, command: Sequence[str]) -> NoReturn:
    """Become `command` in the machine, or a login shell if it is empty; its exit code is then ours.

    Raises LocalError where there is no machine to enter.
    """
    if connection.machines == "simulated":
        raise LocalError(
            f"the machine of {instance.id} is simulated: only its console exists",
            hint=f"python -m local logs {instance.id}",
        )
    if instance.state in {"stopped", "terminated"}:
        raise LocalError(
            f"instance {instance.id} is {instance.state}: there is nothing to enter",
            hint=f"what it said last: python -m local logs {instance.id}",
        )
    become_root()
    argv = entering(processes.first_of_machine(instance.id), command or _LOGIN)
    os.execvpe(argv[0], argv, environment())  # noqa: S606  # no shell is meant


def entering(first: int, command: Sequence[str]) -> list[str]:
    """The command that runs `command` where process `first` of a machine is."""
    return ["nsenter", f"--target={first}", *_NAMESPACES, "--wdns=/root", "--", *command]


def environment() -> dict[str, str]:
    """What a login of root's has: nothing of ours but the kind of terminal."""
    return {
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "LOGNAME": "root",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "SHELL": "/bin/bash",
        "TERM": os.environ.get("TERM", "dumb"),
        "USER": "root",
    }
