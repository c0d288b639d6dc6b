import threading
import time

import pytest
from botocore.exceptions import ClientError

from local.errors import LocalError
from local.provider.waiting import Wait, unless_missing


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Anything")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("local.provider.waiting.FIRST_PAUSE", 0.001)


def waiting(seconds=30.0, *, stopped=False):
    stop = threading.Event()
    if stopped:
        stop.set()
    return Wait(seconds=seconds, stop=stop)


def test_it_asks_until_there_is_an_answer():
    answers = iter([None, None, "there"])
    assert waiting().until("it", lambda: next(answers)) == "there"


def test_an_answer_may_be_false():
    assert waiting().until("it", lambda: False) is False


def test_it_looks_before_it_gives_up():
    assert waiting(0, stopped=True).until("it", lambda: 1) == 1


def test_after_the_deadline_it_says_what_did_not_come():
    with pytest.raises(LocalError, match="the bucket is to appear: not within 0 s"):
        waiting(0.01).until("the bucket is to appear", lambda: None)


def test_when_the_engine_cancels_it_ends_at_once():
    wait = waiting(seconds=600)
    threading.Timer(0.05, wait.stop.set).start()
    begin = time.monotonic()
    with pytest.raises(LocalError, match="the update was cancelled"):
        wait.until("it", lambda: None)
    assert time.monotonic() - begin < 60


def test_only_a_passing_refusal_is_tried_again():
    refusals = [refusal("DependencyViolation"), refusal("AccessDenied")]

    def refuse():
        raise refusals.pop(0)

    with pytest.raises(ClientError, match="AccessDenied"):
        waiting().while_refused(refuse, lambda error: "Dependency" in str(error), 30)
    assert refusals == []


def test_a_refusal_that_does_not_pass_in_time_is_aws_s_own():
    def refuse():
        raise refusal("DependencyViolation")

    with pytest.raises(ClientError, match="DependencyViolation"):
        waiting().while_refused(refuse, lambda _: True, 0.01)


def test_what_a_call_returns_may_be_nothing():
    assert waiting().while_refused(lambda: None, lambda _: True, 30) is None


def test_only_the_named_codes_mean_missing():
    def refuse():
        raise refusal("NoSuchEntity")

    assert unless_missing(refuse, "NoSuchEntity", "Other") is None
    assert unless_missing(lambda: 1, "NoSuchEntity") == 1
    with pytest.raises(ClientError):
        unless_missing(refuse, "Other")
