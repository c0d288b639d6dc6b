"""Somebody at 3 am, with a shell, the stack and the page."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local.environment import within
from tests.command import run
from tests.engine import page
from tests.stack import ROOT, Stack

NOBODY = {f"GIT_{who}_{what}": "nobody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
MAY_FIND_SOME = "make orphans STACK=dev"


@dataclass
class Operator:
    """Reads the page's words off the screen, and types its commands."""

    stack: Stack
    words: page.Words = field(default_factory=dict)

    def sees(self, case: str, screen: str) -> None:
        """The words of the case stand on the screen."""
        self.words = page.read("screen", case, screen, {})

    def looks(self, case: str) -> None:
        """Asks as the page says, and sees the words of the case."""
        self.sees(case, "".join(self._type(line) for line in page.commands("look", case, {})))

    def cures(self, case: str, before_the_last: Callable[[], None] = lambda: None) -> str:
        """Types the page's commands, sees what it says one sees then; gives back all that was printed."""
        *lines, last = page.commands("cure", case, self.words)
        told = "".join(self._type(line) for line in lines)
        before_the_last()
        told += self._type_last(last)
        if case in page.blocks("then"):
            page.read("then", case, told, self.words)
        return told

    def _type(self, line: str) -> str:
        done = self.runs(line)
        assert done.returncode == 0 or line == MAY_FIND_SOME, f"$ {line}\n{done.stdout}"
        return done.stdout

    def _type_last(self, line: str) -> str:
        """As the page says: where something exists already, its case comes next."""
        done = self.runs(line)
        if done.returncode == 0:
            return done.stdout
        exists = next(_cases_of(done.stdout), None)
        assert exists, f"$ {line}\n{done.stdout}"
        before = self.words
        self.sees(exists, done.stdout)
        assert self.words != before, f"{exists} is not cured:\n{done.stdout}"
        return self.cures(exists)

    def runs(self, command: str) -> subprocess.CompletedProcess[str]:
        """In the project, as in a shell of the checkout; what it asks is answered with yes."""
        return run(["bash", "-c", command], self.stack.project, self._environment())

    def _environment(self) -> dict[str, str]:
        # A person's make is not one that `make test` started.
        make = {"MAKELEVEL": "0", "MAKEFLAGS": f" -- LOCAL={self.stack.project}/local-of-this-test"}
        shell = within(self.stack.home, self.stack.connection)
        answers = {"PULUMI_SKIP_CONFIRMATIONS": "true", "PULUMI_OPTION_SKIP_PREVIEW": "true", "NO_COLOR": "1"}
        return shell | NOBODY | make | {"AWS_PAGER": ""} | answers

    def commit(self) -> None:
        """What the apps are now, as the checkout's last commit."""
        done = self.runs("git init -q . && git add apps && git commit -qm apps")
        assert done.returncode == 0, done.stdout

    def forgets(self, name: str) -> None:
        """The resource is in AWS and no longer in the state, and so is what hangs on it."""
        (urn,) = [one["urn"] for one in resources(self.stack) if one["urn"].endswith(f"::{name}")]
        done = self.stack.pulumi("state", "delete", urn, "--target-dependents", "--yes")
        assert done.code == 0, done.text

    def converged(self) -> None:
        """Nothing is left to do, and AWS has each instance that the state knows, once, and nothing else."""
        again = self.stack.up()
        assert again.changes() == []
        assert "pending operations" not in again.text
        assert self.stack.there() == recorded(self.stack)

    def ec2(self, call: str, **arguments: Any) -> None:
        """A call about hello's security group."""
        getattr(self.stack.client("ec2"), call)(GroupId=self._group(), **arguments)

    def rules(self) -> list[dict[str, Any]]:
        """The ingress rules of hello's group."""
        filters = [{"Name": "group-id", "Values": [self._group()]}]
        found = self.stack.client("ec2").describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        return [one for one in found if not one["IsEgress"]]

    def _group(self) -> str:
        filters = [{"Name": "tag:compute-instances:app", "Values": ["hello"]}]
        (group,) = self.stack.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
        return str(group["GroupId"])


def _cases_of(screen: str) -> Iterator[str]:
    """The cases of "something exists already" that stand on the screen."""
    for case, lines in page.blocks("screen").items():
        if case.endswith("-exists") and all(
            re.search(page.pattern(one, {}), screen, re.MULTILINE) for one in lines
        ):
            yield case


def resources(stack: Stack) -> list[dict[str, Any]]:
    """All that the state knows."""
    found: list[dict[str, Any]] = _deployment(stack).get("resources", [])
    return found


def recorded(stack: Stack) -> dict[str, str]:
    """Id -> name of the instances that the state knows."""
    found = [one for one in resources(stack) if one["type"] == "aws:ec2/instance:Instance"]
    return {one["id"]: one["urn"].split("::")[-1] for one in found}


def left_behind(stack: Stack) -> dict[str, list[str]]:
    """What an update that ended early has left: locks, pending entries, orphans."""
    locks = [one.name for one in (stack.home.state / ".pulumi" / "locks").rglob("*.json")]
    entries = [one["resource"]["urn"] for one in _deployment(stack).get("pending_operations", [])]
    orphans = sorted(stack.there().keys() - recorded(stack).keys())
    found = {"lock": locks, "pending entry": entries, "orphan": orphans}
    return {kind: names for kind, names in found.items() if names}


def _deployment(stack: Stack) -> dict[str, Any]:
    exported = stack.pulumi("stack", "export")
    assert exported.code == 0, exported.text
    found: dict[str, Any] = json.loads(exported.text)["deployment"]
    return found or {}


LOCAL = """#!/bin/sh
verb=$1; shift
[ "$verb" != up ] || set -- --machines simulated "$@"
exec {python} -m local "$verb" --home {home} "$@"
"""


def operator(stack: Stack, name: str) -> Operator:
    """Somebody who has the stack `name` selected; `make` and `python -m local` mean this test's local AWS."""
    project = stack.project
    for file in ("Makefile", ".venv", "local"):
        if not (project / file).exists():
            (project / file).symlink_to(ROOT / file)
    local = project / "local-of-this-test"
    local.write_text(LOCAL.format(python=sys.executable, home=shlex.quote(str(stack.home.path))))
    local.chmod(0o755)
    if name != "local":
        os.link(project / "Pulumi.local.yaml", project / f"Pulumi.{name}.yaml")
        made = stack.pulumi("stack", "select", "--create", name)
        assert made.code == 0, made.text
    return Operator(stack)
