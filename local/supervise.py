"""Starting, finding and ending the daemon of a home."""

import fcntl
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local.aws import processes
from local.aws.daemon import make_site
from local.connection import Connection, give_to_owner, known
from local.errors import LocalError
from local.home import CHECKOUT, Home
from local.machines import why_not_real

_START_SECONDS = 1200.0
"""A first start may build the machine image."""

_ANSWER_SECONDS = 30.0
"""A daemon on a busy host may take its time; one that takes longer is replaced, and its state is lost."""

_END_SECONDS = 300.0
"""Machines are given their time to drain."""


def serving(home: Home) -> Connection | None:
    """The daemon of `home` if it answers; None also when it was killed."""
    connection = known(home)
    return connection if connection and _answers(home) else None


def required(home: Home) -> Connection:
    """The daemon of `home`. Raises LocalError when it is not up."""
    connection = serving(home)
    if connection is None:
        raise LocalError(f"the local AWS of {home.path} is not up", hint="`python -m local up` starts it")
    return connection


def start(home: Home, kind: str, *, iam_lag: float = 0.0) -> Connection:
    """Start the daemon and return when it serves; what a killed one left is removed. Raises LocalError.

    As on AWS, what IAM is told may be known to others only `iam_lag` seconds later.
    """
    home.path.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        if connection := serving(home) or _starting(home):
            return connection
        if connection := known(home):
            _clear(home, connection)
        return _await(home, _spawn(home, kind, iam_lag))


def end(home: Home) -> None:
    """End the daemon, or clean up after a killed one: nothing of it is left."""
    if not home.path.exists():
        return
    with _alone(home):
        if connection := serving(home):
            os.kill(connection.pid, signal.SIGTERM)
            _await_end(home, connection.pid)
        elif connection := known(home):
            _clear(home, connection)
        else:
            _end_unannounced(home)
        _remove_files(home)


def _end_unannounced(home: Home) -> None:
    """End one that only starts; of one that was killed while it did, the kind is not known."""
    if (pid := _daemon(home)) is not None:
        os.kill(pid, signal.SIGTERM)
        _await_end(home, pid)
    if home.log_file.exists() and why_not_real() is None:
        make_site(home, "nspawn").close()


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One `up` or `down` of a home at a time."""
    folder = os.open(home.path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _spawn(home: Home, kind: str, iam_lag: float) -> subprocess.Popen[bytes]:
    with home.log_file.open("ab") as log:
        give_to_owner(home, home.log_file)
        return subprocess.Popen(
            [sys.executable, "-m", "local.aws", str(home.path.resolve()), kind, str(iam_lag)],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # it outlives this terminal
        )


def _await(home: Home, daemon: subprocess.Popen[bytes]) -> Connection:
    try:
        connection = _announced(home, daemon.pid, lambda: daemon.poll() is None)
    except BaseException:  # also ^C: nobody would know of it
        daemon.terminate()
        daemon.wait()
        raise
    if connection is None:
        last = _last_lines(home.log_file)
        raise LocalError(f"the local AWS did not start:\n{last}", hint=f"see {home.log_file}")
    daemon.returncode = 0  # it lives on, which is no reason for Popen to warn
    return connection


def _starting(home: Home) -> Connection | None:
    """What one announces that somebody else has started and nobody waits for; None if there is none."""
    pid = _daemon(home)
    if pid is None or known(home):
        return None
    return _announced(home, pid, lambda: _daemon(home) == pid)


def _announced(home: Home, pid: int, lives: Callable[[], bool]) -> Connection | None:
    """What the daemon announces when it is ready; None when it ends before. Raises LocalError."""
    deadline = time.monotonic() + _START_SECONDS
    while lives():
        if (connection := known(home)) and connection.pid == pid:
            return connection
        if time.monotonic() > deadline:
            raise LocalError(
                f"the local AWS is not ready after {_START_SECONDS:.0f} s", hint=f"see {home.log_file}"
            )
        time.sleep(0.02)
    return None


def _await_end(home: Home, pid: int) -> None:
    deadline = time.monotonic() + _END_SECONDS
    while _daemon(home) == pid:
        if time.monotonic() > deadline:
            raise LocalError(
                f"the local AWS (process {pid}) has not ended after {_END_SECONDS:.0f} s",
                hint=f"see {home.log_file}; `kill -9 {pid}` and another `down` end it hard",
            )
        time.sleep(0.02)


def _clear(home: Home, connection: Connection) -> None:
    """Remove what a killed daemon left, or one that does not answer and is of no use to anybody."""
    if _daemon(home) == connection.pid:
        os.kill(connection.pid, signal.SIGKILL)
        _await_end(home, connection.pid)
    make_site(home, connection.machines).close()
    home.connection_file.unlink(missing_ok=True)


def _answers(home: Home) -> bool:
    """Whether the API says anything: a process that hangs still lets its kernel take connections."""
    api = http.client.HTTPConnection(*home.api, timeout=_ANSWER_SECONDS)
    try:
        api.request("GET", "/")
        api.getresponse().read()
    except OSError:
        return False
    finally:
        api.close()
    return True


def _daemon(home: Home) -> int | None:
    """The process that is this home's daemon, also one that has not announced itself yet.

    One that begins at this very moment has no arguments yet: whoever started it knows better.
    """
    words = ("-m", "local.aws", str(home.path.resolve()))
    return next((one.pid for one in processes.everywhere() if one.argv[1:4] == words), None)


def _remove_files(home: Home) -> None:
    for folder in (home.machines, home.tls, home.state):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (home.connection_file, home.log_file):
        file.unlink(missing_ok=True)
    with suppress(OSError):  # others may keep files here, as Pulumi its plugins
        home.path.rmdir()


def _last_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-10:]
    return "\n".join(f"    {line}" for line in lines)
