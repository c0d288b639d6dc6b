import asyncio

import pytest

import fleet.plan


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


def test_a_stack_without_an_update_has_accepted_nothing(answers):
    answers.append({})
    assert asyncio.run(fleet.plan._accepted()) is None
