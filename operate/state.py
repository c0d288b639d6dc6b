"""A stack as the pulumi command tells it: its state, its provider's config, whether an update runs."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fleet.command import MissingError, ask
from fleet.config import PROVIDER_OBJECTS, PROVIDER_TEXTS

INSTANCE: Final = "aws:ec2/instance:Instance"
SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"


class StateError(Exception):
    """Why nothing certain can be said of a stack, and what to do."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What a stack's state knows.

    `instances`: id -> name; `groups`: ids of security groups; `pending`: names of the instances whose
    creation had begun and was never recorded as done. `cut_off`: whether an update ended in the middle of
    something, whatever that was.
    """

    instances: Mapping[str, str]
    groups: frozenset[str]
    pending: frozenset[str]
    cut_off: bool


def parse_state(exported: Mapping[str, Any]) -> State:
    """The state from what `pulumi stack export` prints."""
    deployment = exported.get("deployment") or {}
    resources = deployment.get("resources") or ()
    begun = [one["resource"] for one in deployment.get("pending_operations") or ()]
    return State(
        instances={one["id"]: _name(one) for one in _of(INSTANCE, resources)},
        groups=frozenset(one["id"] for one in _of(SECURITY_GROUP, resources)),
        pending=frozenset(_name(one) for one in begun if one["type"] == INSTANCE and not one.get("id")),
        cut_off=bool(begun),
    )


def read_state(stack: str) -> State:
    """Raises StateError."""
    return parse_state(json.loads(_pulumi(stack, "stack", "export")))


def provider_of(stack: str) -> Mapping[str, object]:
    """What the stack's file configures of the AWS provider. Raises StateError."""
    config = json.loads(_pulumi(stack, "config", "--json", "--show-secrets"))
    values = {key.removeprefix("aws:"): one["value"] for key, one in config.items() if key.startswith("aws:")}
    texts = {key: values[key] for key in PROVIDER_TEXTS if key in values}
    return texts | {key: json.loads(values[key]) for key in PROVIDER_OBJECTS if key in values}


def require_idle(stack: str) -> None:
    """Raises StateError while an update runs, or while the lock of a killed one is there.

    Pulumi Cloud tells it. The other backends do not, but what takes their lock is refused: `rename` takes it,
    and behind it refuses a name that is in use, as the stack's own is. So it changes nothing.
    """
    name, running = _last(stack), _listed(stack).get("updateInProgress")
    if running is False:
        return
    told = "an update is in progress" if running else _run(stack, "stack", "rename", name).stderr
    if f"{name} already exists" not in told:
        raise StateError(
            f"stack {stack} may be in the middle of an update, whose instances would look like orphans:\n"
            f"  {told.strip()}\n"
            f"  next: wait for it to end; only if nobody runs it any more: pulumi cancel --stack {stack}"
        )


def _listed(stack: str) -> Mapping[str, Any]:
    """What `pulumi stack ls` tells of it. Raises StateError where that may be another one."""
    every: list[Mapping[str, Any]] = json.loads(_pulumi(None, "stack", "ls", "--json"))
    alike = [one for one in every if _last(one["name"]) == _last(stack)]
    ours = [one for one in alike if one["name"] == _without_project(stack)] or alike
    if len(ours) == 1:
        return ours[0]
    names = ", ".join(one["name"] for one in ours) or "none"
    raise StateError(f"which stack is {stack}? pulumi stack ls tells of {names}\n  next: name one of those")


def _last(stack: str) -> str:
    return stack.rpartition("/")[2]


def _without_project(stack: str) -> str:
    """`acme/dev` for `acme/compute-instances/dev`, as `pulumi stack ls` writes it within the project."""
    owner, _, rest = stack.partition("/")
    return f"{owner}/{_last(rest)}" if rest else stack


def _of(token: str, resources: Any) -> Iterator[Any]:  # noqa: ANN401 - the state's own shape
    return (one for one in resources if one["type"] == token and one.get("id"))


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).rpartition("::")[2]


def _pulumi(stack: str | None, *arguments: str) -> str:
    done = _run(stack, *arguments)
    if done.returncode != 0:
        raise StateError(f"pulumi {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _run(stack: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    chosen = ("--stack", stack) if stack else ()
    try:
        return ask("pulumi", *arguments, *chosen, "--non-interactive", "--color", "never")
    except MissingError as error:
        raise StateError(str(error)) from error
