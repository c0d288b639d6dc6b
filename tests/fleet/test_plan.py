import asyncio
import gc

import pulumi
import pytest

import fleet.plan
from fleet.hooks import HookError


@pytest.fixture
def answers(monkeypatch):
    """What the engine answers, one after the other."""
    left = []

    async def answer(token, arguments):
        assert (token, arguments) == ("pulumi:pulumi:readStackOutputs", {"name": "org/shop/dev"})
        if isinstance(given := left.pop(0), Exception):
            raise given
        return {"outputs": given}

    monkeypatch.setattr(fleet.plan, "invoke_async", answer)
    monkeypatch.setattr(fleet.plan, "_PAUSES", (0, 0))
    for what, name in (("organization", "org"), ("project", "shop"), ("stack", "dev")):
        monkeypatch.setattr(f"pulumi.get_{what}", lambda name=name: name)
    return left


def test_a_state_that_is_just_written_is_read_again(answers):
    answers += [Exception("unknown stack"), Exception("unknown stack"), {"apps": {"hello": None}}]
    assert asyncio.run(fleet.plan._accepted()) == {"hello": None}


def test_a_state_that_cannot_be_read_is_told(answers):
    answers += [Exception("unknown stack")] * 3
    with pytest.raises(Exception, match="unknown stack"):
        asyncio.run(fleet.plan._accepted())


@pytest.fixture
def fleet_plan(monkeypatch):
    """The plan of a fleet of nothing, whose hook is its body, without an engine."""
    monkeypatch.setattr("pulumi.ResourceHook", lambda name, body, opts=None: body)
    return lambda: fleet.plan.FleetPlan((), None)


def test_what_cannot_be_read_stops_the_update_and_says_where_to_look(answers, fleet_plan):
    answers += [Exception("unknown stack")] * 3
    args = pulumi.ResourceHookArgs(urn="u", id="", name="fleet-plan", type="t")

    async def judged():
        await fleet_plan()._hook(args)

    with pytest.raises(HookError) as stopped:
        asyncio.run(judged())
    assert str(stopped.value).splitlines() == [
        "what this stack accepted could not be read (unknown stack), so nothing is launched",
        "  next: pulumi stack output apps",
    ]


def test_what_cannot_be_read_is_no_matter_where_nothing_is_judged(answers, fleet_plan):
    """Its hook does not run for a plan that is what it was; a failure that nobody fetched would be told."""
    answers += [Exception("unknown stack")] * 3
    told = []

    async def goes_on():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
        await fleet_plan()._after(lambda: ())

    asyncio.run(goes_on())
    gc.collect()
    assert told == []


def test_a_plan_of_another_shape_is_none():
    kept = {"versions": {}, "counts": {}, "own": {}, "shared": {}}
    assert fleet.plan._kept({"input": kept}) == kept
    assert fleet.plan._kept({"input": {"processes": {}, "own": {}, "shared": {}}}) is None


def test_a_stack_without_an_update_has_accepted_nothing(answers):
    answers.append({})
    assert asyncio.run(fleet.plan._accepted()) is None
