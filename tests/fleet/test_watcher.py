"""What the gates see of instances, by an account that answers as a test says."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from fleet.ec2 import FILTER_MAX
from fleet.watcher import Ec2Eyes


class Ec2:
    """An account with these instances, id -> type; GetConsoleOutput gives what `console` does."""

    def __init__(self, instances, console):
        self.instances, self.console = instances, console
        self.asked = []

    def get_paginator(self, call):
        assert call == "describe_instances"
        return self

    def paginate(self, *, Filters):  # noqa: N803 - boto3's name
        (ids,) = [one["Values"] for one in Filters]
        self.asked.append(ids)
        state, launched = {"Name": "running"}, datetime(2026, 1, 1, tzinfo=UTC)
        self.found = [
            {"InstanceId": one, "InstanceType": self.instances[one], "State": state, "LaunchTime": launched}
            for one in ids
            if one in self.instances
        ]
        return self

    def search(self, found):
        assert found == "Reservations[].Instances[]"
        return self.found

    def get_console_output(self, *, InstanceId, Latest=False):  # noqa: N803 - boto3's names
        headers = {"date": "Thu, 01 Jan 2026 00:00:09 GMT"}
        return {
            "Output": self.console(InstanceId, Latest),
            "ResponseMetadata": {"HTTPHeaders": headers},
        }


def answers(code):
    raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetConsoleOutput")


def look(ec2):
    return Ec2Eyes(SimpleNamespace(ec2=ec2)).look(ec2.instances)


def test_an_id_that_aws_does_not_know_hides_no_other():
    ec2 = Ec2({"i-1": "t3.micro"}, lambda id_, latest: f"said by {id_}")
    assert Ec2Eyes(SimpleNamespace(ec2=ec2)).look(["i-1", "i-2"])["i-1"].console == "said by i-1"


def test_a_filter_has_no_more_values_than_aws_takes():
    ec2 = Ec2({f"i-{n:03}": "t3.micro" for n in range(FILTER_MAX + 1)}, lambda id_, latest: "")
    assert look(ec2).keys() == ec2.instances.keys()
    assert [len(ids) for ids in ec2.asked] == [FILTER_MAX, 1]


def test_a_type_without_latest_is_read_as_aws_posts_it():
    def console(id_, latest):
        return answers("UnsupportedOperation") if latest and id_ == "i-2" else f"latest {latest}"

    seen = look(Ec2({"i-1": "t3.micro", "i-2": "t2.micro"}, console))
    assert {id_: (one.console, one.live) for id_, one in seen.items()} == {
        "i-1": ("latest True", True),
        "i-2": ("latest False", False),
    }


def test_when_it_was_shown_is_told_by_the_clock_of_its_launch():
    seen = look(Ec2({"i-1": "t3.micro"}, lambda id_, latest: ""))["i-1"]
    assert (seen.at - seen.launched).total_seconds() == 9


def test_a_console_that_cannot_be_read_now_hides_no_other_and_says_why():
    ec2 = Ec2({"i-1": "t3.micro", "i-2": "t3.micro"}, lambda id_, _: id_ == "i-1" and answers("Throttled"))
    seen = look(ec2)
    assert "Throttled" in seen["i-1"].unread
    assert (seen["i-2"].unread, seen["i-2"].state) == ("", "running")


def test_who_may_not_read_consoles_is_told_at_once():
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        look(Ec2({"i-1": "t3.micro"}, lambda *_: answers("UnauthorizedOperation")))
