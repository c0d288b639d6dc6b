"""A real machine from inside and from outside."""

import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass

from local.aws import processes


@dataclass(frozen=True)
class Inside:
    """Commands inside a machine, as its root."""

    instance: str

    def run(self, *command: str) -> str:
        """What the command prints. Raises CalledProcessError."""
        return self._printed(*command).decode()

    def read(self, path: str) -> bytes:
        """A file of the machine, byte for byte."""
        return self._printed("cat", path)

    def _printed(self, *command: str) -> bytes:
        first = str(processes.first_of_machine(self.instance))
        entered = ["nsenter", "-t", first, "-m", "-u", "-i", "-n", "-p", "--", *command]
        return subprocess.run(entered, check=True, capture_output=True).stdout


def get(url: str) -> tuple[int, str]:
    """Status and body of a GET, also of a refusal by status. Raises OSError where nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - http by construction
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
