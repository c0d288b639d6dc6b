"""How a machine starts and changes: against an EC2 of our own that is slow, or refuses."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.errors import LocalError
from local.provider import instance, operations
from local.provider.session import Aws
from local.provider.table import Call
from local.provider.waiting import Wait

ACCOUNT = "123456789012"


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "RunInstances")


class FakeEc2:
    """An EC2 whose instances go through `states`, and whose first launches are refused by `refusals`."""

    def __init__(
        self, *states: Any, refusals: tuple[ClientError, ...] = (), reason: dict[str, str] | None = None
    ):
        self.states, self.refusals, self.reason = list(states), list(refusals), reason or {}
        self.launches = 0

    def run_instances(self, **_request: Any) -> Any:
        self.launches += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return {"Instances": [{"InstanceId": "i-1"}]}

    def describe_instances(self, **_request: Any) -> Any:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state is None:
            raise refusal("InvalidInstanceID.NotFound")
        found = {
            "InstanceId": "i-1",
            "ImageId": "ami-1",
            "InstanceType": "t3.micro",
            "State": {"Name": state},
        }
        return {"Reservations": [{"Instances": [found | {"StateReason": self.reason}]}]}


class Wordless(FakeEc2):
    """Its answers are not what EC2's are."""

    def describe_instances(self, **_request: Any) -> Any:
        return {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]}


class Stopping(FakeEc2):
    """It changes stopped machines only, as EC2 does."""

    def __init__(self, *states: Any):
        super().__init__(*states)
        self.changes: list[Any] = []

    def stop_instances(self, **_request: Any) -> None:
        self.changes.append("stop")

    def start_instances(self, **_request: Any) -> None:
        self.changes.append("start")

    def modify_instance_attribute(self, **request: Any) -> None:
        if len(self.states) > 1:  # the state after "stopped" is the one to come
            raise refusal("IncorrectInstanceState")
        self.changes.append((request["Attribute"], request["Value"]))


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("local.provider.waiting.FIRST_PAUSE", 0.001)


def call(ec2, inputs, **fields):
    aws = Aws(ec2=ec2, iam=None, s3=None, sts=None, region="us-east-1", account=ACCOUNT)
    everything = {"ami": "ami-1", "instanceType": "t3.micro", "tagsAll": {}} | inputs
    return Call(aws=aws, inputs=everything, **fields)


def creation(ec2, seconds=30.0, stop=None):
    wait = Wait(seconds=seconds, stop=stop or threading.Event())
    return operations.create(instance.INSTANCE, call(ec2, {}, wait=wait))


def change(ec2, before, after):
    wait = Wait(seconds=30.0, stop=threading.Event())
    old = call(ec2, before, wait=wait).inputs
    changed = tuple(after)
    made = call(ec2, after, wait=wait, before=old, differing=changed, id="i-1")
    return operations.update(instance.INSTANCE, made)


def test_it_waits_until_the_machine_runs():
    id_, outputs = creation(FakeEc2(None, "pending", "pending", "running"))
    assert (id_, outputs["instanceState"]) == ("i-1", "running")


def test_a_profile_that_is_too_young_is_tried_again():
    young = refusal("InvalidParameterValue", "Value (hello) is invalid. Invalid IAM Instance Profile name")
    empty = refusal("InvalidParameterValue", "IAM Instance Profile hello has no associated IAM Roles")
    ec2 = FakeEc2("running", refusals=(young, empty))
    assert creation(ec2)[0] == "i-1"
    assert ec2.launches == 3


def test_every_other_refusal_is_final():
    ec2 = FakeEc2("running", refusals=(refusal("InsufficientInstanceCapacity", "none left"),))
    with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
        creation(ec2)
    assert ec2.launches == 1


def test_a_profile_that_never_comes_is_refused_in_aws_s_words(monkeypatch):
    monkeypatch.setattr(instance, "PROFILE_SECONDS", 0.01)
    young = refusal("InvalidParameterValue", "Invalid IAM Instance Profile name")
    with pytest.raises(ClientError, match="Invalid IAM Instance Profile name"):
        creation(FakeEc2("running", refusals=(young,) * 1000))


def test_one_that_ends_at_once_says_why_and_is_not_kept():
    reason = {"Code": "Client.InternalError", "Message": "Client.InternalError: error on launch"}
    with pytest.raises(LocalError, match=r"i-1 is terminated and never ran: Client.InternalError: error"):
        creation(FakeEc2("pending", "terminated", reason=reason))


def test_one_that_runs_and_powers_itself_off_has_started():
    reason = {"Code": "Client.InstanceInitiatedShutdown", "Message": "it powered off"}
    id_, outputs = creation(FakeEc2("pending", "terminated", reason=reason))
    assert (id_, outputs["instanceState"]) == ("i-1", "terminated")


def test_one_that_does_not_start_in_time_is_kept():
    with pytest.raises(operations.UnfinishedError, match="i-1 is to run: not within 0 s") as unfinished:
        creation(FakeEc2("pending"), seconds=0.01)
    assert unfinished.value.id == "i-1"


def test_one_that_waits_when_the_engine_cancels_is_kept():
    stop = threading.Event()
    stop.set()
    with pytest.raises(operations.UnfinishedError, match="the update was cancelled") as unfinished:
        creation(FakeEc2("pending"), stop=stop)
    assert unfinished.value.id == "i-1"
    assert unfinished.value.state["ami"] == "ami-1"


def test_what_needs_a_stopped_machine_waits_for_it():
    ec2 = Stopping("running", "stopping", "stopping", "stopped", "running")
    outputs = change(ec2, {"userData": "one"}, {"userData": "two"})
    assert ec2.changes == ["stop", ("userData", "dHdv"), "start"]
    assert (outputs["instanceState"], outputs["userData"]) == ("running", "two")


def test_a_fault_of_ours_keeps_it_too():
    with pytest.raises(operations.UnfinishedError, match=r"a fault of the stand-in(.|\n)*KeyError"):
        creation(Wordless("running"))
