"""What the whole fleet becomes: a Stash ahead of every instance, whose hook stops what reaches too far.

It keeps the plan that was let through last. Its name holds no dot, so no app's `--target` takes it in: one
app alone is never stopped. docs/decisions/0009-blast-radius.md says why it is built of exactly these parts.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pulumi

from fleet.gate import GateError, guarded
from fleet.radius import Change, Plan, plan_of, refusal, serving_of, shared_values
from fleet.release import Release
from manifest import Settings

NAME: Final = "fleet-plan"


class FleetPlan:
    """The plan of one update."""

    def __init__(self, releases: Sequence[Release], settings: Settings) -> None:
        self._settings = settings
        self._plan = plan_of(releases)
        self._shared = shared_values(releases)
        self._accepted = _accepted()
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        self._hook = pulumi.ResourceHook("plan", guarded(self._judge), opts=options)

    def declare(self, behind: Callable[[], Iterable[pulumi.Output[Any]]]) -> pulumi.Stash:
        """The Stash that is there when the plan may be carried out.

        It is judged when all of `behind` is known, which is asked for when everything is declared. Look-ups
        must be in it: one that is under way when an update stops ends the program with a traceback.
        """
        binding = pulumi.ResourceHookBinding(before_create=[self._hook], before_update=[self._hook])
        plan: pulumi.Output[Plan] = pulumi.Output.from_input(_after(behind, self._plan))
        return pulumi.Stash(NAME, input=plan, opts=pulumi.ResourceOptions(hooks=binding))

    async def _judge(self, args: pulumi.ResourceHookArgs) -> None:
        serving = serving_of(await self._accepted.future())
        change = Change(serving=serving, before=_kept(args.old_inputs), after=self._plan)
        if not change.reaches_too_far(self._settings.max_replaced):
            return
        if self._settings.approved != change.name:
            raise GateError("\n".join(refusal(change, self._shared, self._settings)))
        origin = self._settings.origin("approved")
        pulumi.log.info(f"replaces {change.extent}, approved as {change.name} ({origin})")


def _accepted() -> pulumi.Output[Any]:
    """The stack's own output `apps` as it is when the update begins: what was accepted last."""
    whole = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    return pulumi.StackReference("accepted", stack_name=whole).get_output("apps")


def _kept(inputs: Mapping[str, Any] | None) -> Plan | None:
    """The plan that was let through last; None where none was, or one of another shape."""
    plan = (inputs or {}).get("input")
    return plan if isinstance(plan, Mapping) and plan.keys() == {"processes", "own", "shared"} else None


async def _after(behind: Callable[[], Iterable[pulumi.Output[Any]]], plan: Plan) -> Plan:
    await asyncio.gather(*(output.future() for output in behind()))
    return plan
