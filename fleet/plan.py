"""What the whole fleet becomes: a Stash ahead of every instance, whose hook stops what reaches too far.

It keeps the plan that was let through last. Its name holds no dot, so no app's `--target` takes it in: one
app alone is never stopped. docs/decisions/0009-blast-radius.md says why it is built of exactly these parts.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import pulumi
from pulumi.runtime import invoke_async

from fleet.explain import where
from fleet.hooks import HookError, bind, guard
from fleet.radius import Change, Plan, Serving, plan_of, refusal, serving_of, shared_values
from fleet.release import Release
from manifest import Settings

NAME: Final = "fleet-plan"
_PAUSES: Final = (0.1, 0.3, 1, 3, 9)
"""Seconds."""


class FleetPlan:
    """The plan of one update."""

    def __init__(self, releases: Sequence[Release], settings: Settings) -> None:
        self._settings = settings
        self._plan = plan_of(releases)
        self._shared = shared_values(releases)
        self._accepted = asyncio.ensure_future(_accepted())
        hook = guard(self._judge, "nothing is launched, the plan could not be judged")
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        self._hook = pulumi.ResourceHook("plan", hook, opts=options)

    def declare(self, behind: Callable[[], Iterable[pulumi.Output[Any]]]) -> pulumi.Stash:
        """The Stash that is there when the plan may be carried out.

        It is judged when all of `behind` is known, which is called when everything is declared.
        """
        plan: pulumi.Output[Plan] = pulumi.Output.from_input(self._after(behind))
        return pulumi.Stash(NAME, input=plan, opts=pulumi.ResourceOptions(hooks=bind(self._hook)))

    async def _after(self, behind: Callable[[], Iterable[pulumi.Output[Any]]]) -> Plan:
        """The plan, when all that its judgement needs is there.

        The whole program is one step of the event loop, so this begins when everything is declared. What was
        accepted is read ahead of the hook: the engine may need a place to answer, and with one place
        (`--parallel 1`) the hook holds it. If that failed the hook says so, where there is something to
        judge.
        """
        outputs = [output.future() for output in behind()]
        await asyncio.gather(self._accepted, return_exceptions=True)
        await asyncio.gather(*outputs)
        return self._plan

    async def _judge(self, args: pulumi.ResourceHookArgs) -> None:
        change = Change(serving=await self._serving(), before=_kept(args.old_inputs), after=self._plan)
        if not change.reaches_too_far(self._settings.max_replaced):
            return
        if self._settings.approved != change.name:
            raise HookError("\n".join(refusal(change, self._shared, self._settings)))
        origin = where(self._settings.origin("approved"))
        pulumi.log.info(f"replaces or ends {change.extent}, approved as {change.name} ({origin})")

    async def _serving(self) -> Serving:
        try:
            apps = await self._accepted
        except Exception as fault:
            text = f"what this stack accepted could not be read ({fault}), so nothing is launched"
            raise HookError(f"{text}\n  next: pulumi stack output apps") from fault
        return serving_of(apps)


async def _accepted() -> Any:  # noqa: ANN401 - an earlier version may have written any shape
    """The stack's own output `apps`, which stays as it was until the update ends: what was accepted last.

    Asked again where it fails: while a state in files is written, there is for a moment no such stack. A
    StackReference, which asks the same, would fail the update.
    """
    whole = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    for pause in _PAUSES:
        try:
            return await _read(whole)
        except Exception as fault:  # noqa: BLE001 - the SDK raises no narrower one
            pulumi.log.debug(f"reading the outputs of {whole}: {fault}")
            await asyncio.sleep(pause)
    return await _read(whole)


async def _read(stack: str) -> Any:  # noqa: ANN401
    found: Any = await invoke_async("pulumi:pulumi:readStackOutputs", {"name": stack})
    return found["outputs"].get("apps")


def _kept(inputs: Mapping[str, Any] | None) -> Plan | None:
    """The plan that was let through last; None where none was, or one of another shape."""
    plan = (inputs or {}).get("input")
    alike = isinstance(plan, Mapping) and plan.keys() == Plan.__annotations__.keys()
    return cast(Plan, plan) if alike else None
