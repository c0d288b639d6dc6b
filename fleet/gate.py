"""Gates: one Stash per instance, whose hook waits until the instance is proved.

Its input is the instance's id and nothing else, so a proved instance is never judged again, and one that was
made anew has a new id and is. While a gate waits nothing after it starts; when it raises, nothing is deleted,
and the next `up` asks again. docs/decisions/0002-gate.md says why it is built of exactly these parts.
"""

import functools
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import pulumi
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    SSOError,
)

from fleet import names
from fleet.judge import Expectation, Proved, Refused, Sight, judge
from fleet.watcher import REFUSALS, Watcher

Body = Callable[[pulumi.ResourceHookArgs], Awaitable[None]]


class GateError(Exception):
    """Why an update must not go on. Its text is never empty: the engine takes an empty one for success."""

    def __init__(self, text: str) -> None:
        super().__init__(text.strip() or "the gate gave no reason")


def guarded(body: Body) -> Body:
    """`body` as a hook that can only pass or raise a GateError.

    A bare TimeoutError would pass the gate and let the old instances go; SystemExit would hang the update.
    """

    @functools.wraps(body)
    async def hook(args: pulumi.ResourceHookArgs) -> None:
        try:
            await body(args)
        except GateError:
            raise
        except BaseException as fault:
            pulumi.log.debug(traceback.format_exc())
            what = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
            raise GateError(f"{args.name}: the gate itself failed ({what}); nothing was proved") from fault

    return hook


class Gates:
    """All gates of one update: what each must prove, and how far they are."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._expected: dict[str, Expectation] = {}
        self._waiting: set[str] = set()
        self._proved: set[str] = set()
        self._hook = pulumi.ResourceHook("proved", guarded(self._prove))

    def declare(
        self, want: Expectation, instance_id: pulumi.Output[str], parent: pulumi.Resource
    ) -> pulumi.Stash:
        """The gate of one instance."""
        name = names.gate(want.name)
        self._expected[name] = want
        binding = pulumi.ResourceHookBinding(before_create=[self._hook], before_update=[self._hook])
        opts = pulumi.ResourceOptions(parent=parent, hooks=binding)
        return pulumi.Stash(name, input=instance_id, opts=opts)

    async def _prove(self, args: pulumi.ResourceHookArgs) -> None:
        want = self._expected[args.name]
        self._waiting.add(args.name)
        try:
            proved = await self._wait(want, _instance_id(args.new_inputs))
        except GateError as fault:
            raise GateError("\n".join([str(fault), *self._others(want.app)])) from fault
        finally:
            self._waiting.discard(args.name)
        self._proved.add(args.name)
        pulumi.log.info(f"{want.name} proved, {proved.after.total_seconds():.0f} s after its launch")

    async def _wait(self, want: Expectation, instance_id: str) -> Proved:
        since = datetime.now(UTC)
        while True:
            sight = await self._look(instance_id)
            match judge(want, instance_id, sight, since=since, now=datetime.now(UTC)):
                case Proved() as proved:
                    return proved
                case Refused(text):
                    raise GateError(text)

    async def _look(self, instance_id: str) -> Sight:
        """What AWS shows; where it only fails to answer now, that alone."""
        try:
            return await self._watcher.sight(instance_id)
        except (NoCredentialsError, CredentialRetrievalError, SSOError) as fault:
            raise GateError(f"instance {instance_id} cannot be watched: {fault}") from fault
        except ClientError as fault:
            if fault.response["Error"]["Code"] in REFUSALS:
                raise GateError(f"instance {instance_id} cannot be watched: {fault}") from fault
            return Sight(unanswered=str(fault))
        except BotoCoreError as fault:
            return Sight(unanswered=str(fault))

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


def _instance_id(inputs: Mapping[str, object] | None) -> str:
    return str((inputs or {})["input"])
