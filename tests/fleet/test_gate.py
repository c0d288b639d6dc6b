import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pulumi
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from fleet.gate import Gates
from fleet.hooks import HookError
from fleet.judge import Expectation, Sight
from fleet.watcher import Watcher

READY = "\ncompute-instances: v1 version={} ready ms=5"
FAILED = "\ncompute-instances: v1 version={} failed step=fetch exit=22"


def hook_args(name="hello.web.0.aa.gate", instance="i-1"):
    return pulumi.ResourceHookArgs(urn="u", id="", name=name, type="t", new_inputs={"input": instance})


class Eyes:
    """Shows each instance what its list says, the last entry for ever; an exception there is raised."""

    def __init__(self, **shown):
        self.shown = {f"i-{number[1:]}": sights for number, sights in shown.items()}
        self.looks = []

    def look(self, ids):
        self.looks.append(sorted(ids))
        seen = {}
        for one in ids:
            sights = self.shown[one]
            sight = sights.pop(0) if len(sights) > 1 else sights[0]
            if isinstance(sight, Exception):
                raise sight
            seen[one] = sight
        return seen


@pytest.fixture
def gates_of(monkeypatch):
    """Gates over such eyes, for the apps a (aa) and b (bb), without an engine."""
    monkeypatch.setattr("pulumi.ResourceHook", lambda name, body, opts=None: body)
    monkeypatch.setattr("pulumi.log.info", lambda text: None)

    def gates_of(eyes):
        gates = Gates(Watcher(eyes, pause=0))
        for app, version in (("a", "aa"), ("b", "bb")):
            name = f"{app}.web.0.{version}"
            want = Expectation(app=app, name=name, version=version, deadline=timedelta(minutes=5))
            gates._expected[f"{name}.gate"] = want
        return gates

    return gates_of


def refused(hook, *args):
    with pytest.raises(HookError) as stopped:
        asyncio.run(hook(*args))
    return str(stopped.value)


def test_a_gate_waits_until_its_instance_is_ready(gates_of):
    eyes = Eyes(
        i1=[
            Sight(),
            Sight(state="pending"),
            Sight(state="running"),
            Sight(state="running", console=READY.format("aa")),
        ]
    )
    asyncio.run(gates_of(eyes)._hook(hook_args("a.web.0.aa.gate", "i-1")))
    assert len(eyes.looks) == 4


def test_gates_that_wait_together_are_asked_for_together(gates_of):
    eyes = Eyes(
        i1=[Sight(state="running"), Sight(state="running", console=READY.format("aa"))],
        i2=[Sight(state="running"), Sight(state="running", console=READY.format("bb"))],
    )
    gates = gates_of(eyes)

    async def both():
        one, two = hook_args("a.web.0.aa.gate", "i-1"), hook_args("b.web.0.bb.gate", "i-2")
        await asyncio.gather(gates._hook(one), gates._hook(two))

    asyncio.run(both())
    assert eyes.looks == [["i-1", "i-2"], ["i-1", "i-2"]]


def test_a_gate_needs_none_of_the_programs_threads_which_may_all_wait_for_gates(gates_of):
    gates = gates_of(Eyes(i1=[Sight(state="running", console=READY.format("aa"))]))

    async def with_no_thread_left():
        over, threads = threading.Event(), ThreadPoolExecutor(1)
        asyncio.get_running_loop().set_default_executor(threads)
        threads.submit(over.wait)
        try:
            await asyncio.wait_for(gates._hook(hook_args("a.web.0.aa.gate", "i-1")), 60)
        finally:
            over.set()

    asyncio.run(with_no_thread_left())


def test_a_failure_says_what_it_means_for_the_other_app(gates_of):
    eyes = Eyes(
        i1=[Sight(state="running"), Sight(state="running", console=FAILED.format("aa"))],
        i2=[
            Sight(state="running"),
            Sight(state="running"),
            Sight(state="running", console=READY.format("bb")),
        ],
    )
    gates = gates_of(eyes)

    async def both():
        one, two = hook_args("a.web.0.aa.gate", "i-1"), hook_args("b.web.0.bb.gate", "i-2")
        return await asyncio.gather(gates._hook(one), gates._hook(two), return_exceptions=True)

    failure, passed = asyncio.run(both())
    assert passed is None
    assert "app b: 0 proved in this update, 1 still waiting; nothing of it is deleted" in str(failure)
    assert "app a: instance i-1 (a.web.0.aa) failed at step fetch, exit 22" in str(failure)


def client_error(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeInstances")


@pytest.mark.parametrize("fault", [client_error("UnauthorizedOperation"), NoCredentialsError()])
def test_who_may_not_look_is_told_at_once(gates_of, fault):
    text = refused(gates_of(Eyes(i1=[fault]))._hook, hook_args("a.web.0.aa.gate"))
    who, next_ = text.splitlines()
    assert who == f"app a: instance i-1 (a.web.0.aa) cannot be watched: {fault}"
    assert "docs/aws-policies.md" in next_


def test_patience_with_an_aws_that_shows_nothing_begins_where_it_showed_the_instance_last(
    gates_of, monkeypatch
):
    """Its deadline is over, and then its console is throttled once."""
    began = datetime.now(UTC)
    clock = iter(began + timedelta(seconds=seconds) for seconds in (0, 299, 301, 302))
    monkeypatch.setattr("fleet.gate.datetime", SimpleNamespace(now=lambda zone: next(clock)))
    throttled = Sight(state="running", launched=began, unread="RequestLimitExceeded")
    ready = Sight(state="running", launched=began, console=READY.format("aa"))
    eyes = Eyes(i1=[Sight(state="running", launched=began), throttled, ready])
    asyncio.run(gates_of(eyes)._hook(hook_args("a.web.0.aa.gate")))


@pytest.mark.parametrize(
    "fault", [client_error("RequestLimitExceeded"), EndpointConnectionError(endpoint_url="http://x")]
)
def test_an_aws_that_does_not_answer_now_is_asked_again(gates_of, fault):
    eyes = Eyes(i1=[fault, fault, Sight(state="running", console=READY.format("aa"))])
    asyncio.run(gates_of(eyes)._hook(hook_args("a.web.0.aa.gate")))
    assert len(eyes.looks) == 3
