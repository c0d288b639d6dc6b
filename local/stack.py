"""What Pulumi says of a stack."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from local.errors import LocalError
from local.home import CHECKOUT


def outputs(stack: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The outputs of the checkout's `stack`. Raises LocalError when Pulumi cannot tell them."""
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    try:
        told = subprocess.run(
            command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise LocalError("there is no pulumi command", hint="`make up` brings it") from error
    if told.returncode != 0:
        raise LocalError(
            f"pulumi knows no outputs of stack {stack}: {told.stderr.strip()}", hint="`make up` makes it"
        )
    found: dict[str, Any] = json.loads(told.stdout)
    return found
