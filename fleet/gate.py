"""Gates: one Stash per instance, whose hook waits until the instance is proved.

Its input is the instance's id and nothing else, so a proved instance is never judged again, and one that was
made anew has a new id and is. While a gate waits nothing after it starts; when it raises, nothing is deleted,
and the next `up` asks again. docs/decisions/0002-gate.md says why it is built of exactly these parts.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import pulumi
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    SSOError,
)

from fleet import names
from fleet.hooks import HookError, bind, guard
from fleet.judge import Expectation, Proved, Refused, Sight, judge
from fleet.watcher import REFUSALS, Watcher

_LOGGED_OUT: Final = (NoCredentialsError, CredentialRetrievalError, SSOError)


class Gates:
    """All gates of one update: what each must prove, and how far they are."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._expected: dict[str, Expectation] = {}
        self._waiting: set[str] = set()
        self._proved: set[str] = set()
        hook = guard(self._prove, "nothing was proved, the gate itself failed")
        self._hook = pulumi.ResourceHook("proved", hook)

    def declare(
        self, want: Expectation, instance_id: pulumi.Output[str], parent: pulumi.Resource
    ) -> pulumi.Stash:
        """The gate of one instance."""
        name = names.gate(want.name)
        self._expected[name] = want
        opts = pulumi.ResourceOptions(parent=parent, hooks=bind(self._hook))
        return pulumi.Stash(name, input=instance_id, opts=opts)

    async def _prove(self, args: pulumi.ResourceHookArgs) -> None:
        want = self._expected[args.name]
        self._waiting.add(args.name)
        try:
            proved = await self._wait(want, _instance_id(args.new_inputs))
        except HookError as fault:
            raise HookError("\n".join([str(fault), *self._others(want.app)])) from fault
        finally:
            self._waiting.discard(args.name)
        self._proved.add(args.name)
        pulumi.log.info(f"{want.name} proved, {proved.after.total_seconds():.0f} s after its launch")

    async def _wait(self, want: Expectation, instance_id: str) -> Proved:
        since = datetime.now(UTC)
        while True:
            sight = await self._look(want, instance_id)
            now = datetime.now(UTC)
            match judge(want, instance_id, sight, since=since, now=now):
                case Proved() as proved:
                    return proved
                case Refused(text):
                    raise HookError(text)
            if sight.state and not sight.blind:
                since = now

    async def _look(self, want: Expectation, instance_id: str) -> Sight:
        """What AWS shows; where it only fails to answer now, that alone."""
        try:
            return await self._watcher.sight(instance_id)
        except (BotoCoreError, ClientError) as fault:
            if not _is_final(fault):
                return Sight(unanswered=str(fault))
            next_ = "log in again, or give what docs/aws-policies.md says that gates call; then pulumi up"
            who = want.of(instance_id)
            raise HookError(f"{who} cannot be watched: {fault}\n  next: {next_}") from fault

    def _others(self, app: str) -> list[str]:
        """What this failure means for the other apps of the update."""
        apps = sorted({want.app for want in self._expected.values()} - {app})
        return [line for other in apps if (line := self._progress(other))]

    def _progress(self, app: str) -> str:
        gates = {name for name, want in self._expected.items() if want.app == app}
        if not gates & (self._proved | self._waiting):
            return ""
        done, waiting = len(gates & self._proved), len(gates & self._waiting)
        return (
            f"  app {app}: {done} proved in this update, {waiting} still waiting; nothing of it is "
            "deleted, and the next pulumi up goes on with the same instances"
        )


def _is_final(fault: BotoCoreError | ClientError) -> bool:
    """Whether AWS would say the same to the next question."""
    if isinstance(fault, ClientError):
        return fault.response["Error"]["Code"] in REFUSALS
    return isinstance(fault, _LOGGED_OUT)


def _instance_id(inputs: Mapping[str, object] | None) -> str:
    return str((inputs or {})["input"])
