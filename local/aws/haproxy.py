"""Replacing a running haproxy by one with another configuration, while nobody is refused."""

import signal
import socket
from collections.abc import Iterable
from pathlib import Path

from local.aws import processes
from local.aws.processes import Process
from local.aws.run import run

_ANSWER_SECONDS = 10.0


def replace(config: Path, commands: Path, listeners: Iterable[str]) -> None:
    """Start haproxy on `config` in place of the one that reads it now, if any.

    Both configurations name the socket `commands`: by it the new process gets all listening sockets from the
    old one, which lives on for its open connections. Raises LocalError; the old process then serves on.

    Not by `-sf`: haproxy 2.6 closes its network namespaces as soon as it is told to stop (netns_sig_stop in
    src/namespace.c), and a connection accepted a moment before can no longer be led to its machine. So the
    old one's `listeners`, those that lead into a namespace, are shut first.
    """
    old = [process.pid for process in readers(config, processes.everywhere())]
    if not old:
        run("haproxy", "-D", "-f", config)
        return
    with socket.socket(socket.AF_UNIX) as line:
        # Connected before the new process takes this path over, it still leads to the old one.
        line.settimeout(_ANSWER_SECONDS)
        line.connect(str(commands))
        run("haproxy", "-D", "-f", config, "-x", commands)
        _tell(line, [f"shutdown frontend {listener}" for listener in listeners])
    for pid in old:
        processes.send(pid, signal.SIGUSR1)


def readers(config: Path, among: Iterable[Process]) -> list[Process]:
    """Every haproxy that reads this file; others have its name in their arguments too, such as an editor."""
    return [one for one in among if one.program == "haproxy" and str(config) in one.argv]


def _tell(line: socket.socket, orders: list[str]) -> None:
    """Give orders (management guide of haproxy, 9.3) and wait until they are carried out."""
    line.sendall(("; ".join(orders or ["show info"]) + "\n").encode())
    while line.recv(65536):
        pass
