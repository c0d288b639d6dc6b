import asyncio

import pulumi
import pytest

from fleet.hooks import HookError, bind, guard

ARGS = pulumi.ResourceHookArgs(urn="u", id="", name="hello.web.0.aa.gate", type="t")
FAULTS = [
    TimeoutError(),
    AssertionError(),
    KeyError("nope"),
    asyncio.CancelledError(),
    SystemExit(3),
    KeyboardInterrupt(),
]


def body_that_raises(fault):
    async def body(args):
        raise fault

    return body


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_a_bodys_code_raises_is_a_failure_with_a_text(fault):
    with pytest.raises(HookError) as stopped:
        asyncio.run(guard(body_that_raises(fault), "nothing was proved")(ARGS))
    assert str(stopped.value).startswith("hello.web.0.aa.gate: nothing was proved (")
    assert type(fault).__name__ in str(stopped.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_only_speaks_stops_nothing(fault):
    told = []
    asyncio.run(guard(body_that_raises(fault), "could not be explained", told.append)(ARGS))
    assert [text.partition(" (")[0] for text in told] == ["hello.web.0.aa.gate: could not be explained"]


def test_what_a_body_refuses_is_said_in_its_own_words():
    with pytest.raises(HookError, match=r"\Ahello failed\Z"):
        asyncio.run(guard(body_that_raises(HookError("hello failed")), "nothing was proved")(ARGS))


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_refusal_is_without_a_text(text):
    assert str(HookError(text)) == "the hook gave no reason"


def test_a_hook_is_bound_before_creation_and_update_alone():
    hook = body_that_raises(KeyError())
    assert {moment: hooks for moment, hooks in vars(bind(hook)).items() if hooks} == {
        "before_create": [hook],
        "before_update": [hook],
    }
