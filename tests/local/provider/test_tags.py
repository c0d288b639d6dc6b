import threading

from local.provider import tags
from local.provider.session import Aws
from local.provider.table import Call
from local.provider.waiting import Wait


def call(own, default, before=None):
    aws = Aws(ec2=None, iam=None, s3=None, sts=None, region="r", account="1", default_tags=default)
    inputs = {"tags": own, "tagsAll": {**default, **own}}
    wait = Wait(seconds=0, stop=threading.Event())
    return Call(aws=aws, wait=wait, inputs=inputs, before={"tagsAll": before or {}})


def reported(**found):
    return [{"Key": key, "Value": value} for key, value in found.items()]


def test_the_provider_s_tags_are_not_the_resource_s_own():
    found = tags.outputs(call({"app": "hello"}, {"stack": "dev"}), reported(app="hello", stack="dev"))
    assert found == {"tags": {"app": "hello"}, "tagsAll": {"app": "hello", "stack": "dev"}}


def test_a_tag_that_says_the_same_as_the_provider_s_stays_the_resource_s():
    found = tags.outputs(call({"stack": "dev"}, {"stack": "dev"}), reported(stack="dev"))
    assert found["tags"] == {"stack": "dev"}


def test_a_tag_that_somebody_changed_is_seen():
    found = tags.outputs(call({}, {"stack": "dev"}), reported(stack="prod", more="1"))
    assert found["tags"] == {"stack": "prod", "more": "1"}


def test_aws_s_own_tags_are_nobody_s():
    labels = [{"Key": "aws:cloudformation:stack-name", "Value": "x"}, {"Key": "a", "Value": "b"}]
    assert tags.as_map(labels) == {"a": "b"}


def test_what_is_no_longer_said_is_to_go():
    assert tags.gone(call({"a": "1"}, {"d": "1"}, before={"a": "0", "b": "1", "d": "1"})) == ["b"]
