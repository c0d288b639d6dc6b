"""The wire: what the engine is told, in preview and of failures."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as wire

from local.provider import instance, operations
from local.provider.values import UNKNOWN, marshal
from tests.local.provider.conftest import near
from tests.local.provider.driver import BUCKET, GROUP, INSTANCE, OBJECT, PROFILE, RefusedError, unfinished

MACHINE = {"ami": "ami-1", "instanceType": "t3.micro"}


def test_it_is_the_plugin_of_the_sdk_in_use(unconfigured):
    assert unconfigured.raw.GetPluginInfo(empty_pb2.Empty()).version == "7.51.1"


def test_a_preview_calls_no_api(plugin, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a call in preview")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    outputs = plugin.preview(INSTANCE, **MACHINE)
    assert outputs["publicIp"] == outputs["arn"] == UNKNOWN
    assert outputs["ami"] == "ami-1"
    assert plugin.preview(GROUP)["name"].startswith("hello-")


def test_a_preview_of_a_change_calls_no_api(plugin, image, monkeypatch):
    said = {"ami": image, "instanceType": "t3.micro"}
    made = plugin.create(INSTANCE, **said, userData="a")

    def refuse(*_args, **_kwargs):
        raise AssertionError("a call in preview")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    outputs = plugin.update(made, preview=True, **said, userData="b")
    assert outputs["userData"] == "b"
    assert outputs["publicIp"] == UNKNOWN
    assert outputs["arn"] == made.outputs["arn"]


def test_an_input_that_is_not_known_yet_stays_unknown(plugin):
    outputs = plugin.preview(INSTANCE, ami="ami-1", instanceType="t3.micro", subnetId=UNKNOWN)
    assert outputs["subnetId"] == UNKNOWN


def test_every_other_type_is_refused_by_name_when_checked(plugin):
    with pytest.raises(RefusedError) as refused:
        plugin.check("aws:ec2/vpc:Vpc", {})
    reason = refused.value.reasons[""]
    assert "does not serve aws:ec2/vpc:Vpc; it serves: aws:ec2/instance:Instance" in reason


def test_every_other_type_is_refused_by_name_when_read(plugin):
    with pytest.raises(grpc.RpcError, match="does not serve aws:ec2/vpc:Vpc"):
        plugin.read("aws:ec2/vpc:Vpc", "vpc-1")


def test_an_unserved_argument_fails_the_check(plugin):
    with pytest.raises(RefusedError) as refused:
        plugin.check(INSTANCE, {}, **MACHINE, tenancy="host", metadataOptions={"httpTokens": "x", "y": 1})
    assert refused.value.reasons.keys() == {"tenancy", "metadataOptions.y"}


def test_a_diff_names_what_changed_and_what_that_means(plugin, cloud):
    del cloud
    group = plugin.create(GROUP, name="mine")
    same, other = plugin.diff(group, name="mine"), plugin.diff(group, name="mine", description="other")
    assert same.changes == wire.DiffResponse.DIFF_NONE
    assert other.changes == wire.DiffResponse.DIFF_SOME
    assert list(other.diffs) == list(other.replaces) == ["description"]
    assert other.deleteBeforeReplace


def test_another_endpoint_replaces_nothing(unconfigured):
    old, new = marshal({"region": "us-east-1"}), marshal({"region": "us-east-1", "endpoints": "[]"})
    answer = unconfigured.raw.DiffConfig(wire.DiffRequest(old_inputs=old, news=new))
    assert list(answer.diffs) == ["endpoints"]
    assert not list(answer.replaces)


def test_what_exists_but_is_not_finished_reaches_the_state(plugin, cloud):
    with pytest.raises(grpc.RpcError, match="NoSuchEntity") as failure:
        plugin.create(PROFILE, name="mine", role="nobody")
    detail = unfinished(failure.value)
    assert detail.id == "mine"
    assert detail.properties["name"] == "mine"
    assert "NoSuchEntity" in detail.reasons[0]
    assert cloud.client("iam").get_instance_profile(InstanceProfileName="mine")


def test_a_cancelled_wait_keeps_the_machine_in_the_state(unconfigured, moto, image, monkeypatch):
    plugin, begun = unconfigured, threading.Event()
    plugin.configure(near(moto))

    def never(_call):
        begun.set()

    monkeypatch.setattr(instance, "_running", never)
    with ThreadPoolExecutor() as pool:
        creation = pool.submit(plugin.create, INSTANCE, 90, ami=image, instanceType="t3.micro")
        assert begun.wait(60)
        plugin.cancel()
        failure = creation.exception(timeout=60)
    assert unfinished(failure).id.startswith("i-")
    assert "the update was cancelled" in unfinished(failure).reasons[0]


def test_a_fault_of_ours_brings_its_traceback_and_the_id(plugin, image, monkeypatch):
    monkeypatch.setattr(instance, "_running", lambda _call: {}["nothing"])
    with pytest.raises(grpc.RpcError, match=r"a fault of the stand-in(.|\n)*Traceback") as failure:
        plugin.create(INSTANCE, ami=image, instanceType="t3.micro")
    assert unfinished(failure.value).id.startswith("i-")


def test_the_program_s_timeout_wins(plugin, image, monkeypatch):
    monkeypatch.setattr(instance, "_running", lambda _call: None)
    with pytest.raises(grpc.RpcError, match="is to run: not within 0 s"):
        plugin.create(INSTANCE, seconds=0.01, ami=image, instanceType="t3.micro")


def test_a_group_in_use_is_tried_again_until_the_deadline(plugin, monkeypatch):
    group = plugin.create(GROUP)
    calls = refuse_deletion(monkeypatch, times=2)
    monkeypatch.setattr("local.provider.waiting.FIRST_PAUSE", 0.001)
    plugin.delete(group)
    assert len(calls) == 3
    refuse_deletion(monkeypatch, times=10_000)
    with pytest.raises(grpc.RpcError, match="DependencyViolation"):
        plugin.delete(plugin.create(GROUP), seconds=0.01)


def refuse_deletion(monkeypatch, times):
    calls, made = [], BaseClient._make_api_call

    def call(self, name, request):
        if name == "DeleteSecurityGroup":
            calls.append(name)
            if len(calls) <= times:
                raise ClientError({"Error": {"Code": "DependencyViolation", "Message": "in use"}}, name)
        return made(self, name, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return calls


def test_nothing_is_done_before_the_engine_has_configured_it(unconfigured):
    with pytest.raises(grpc.RpcError, match="has not configured the provider yet"):
        unconfigured.check(BUCKET, {})


def test_many_creations_wait_side_by_side(plugin, image, monkeypatch):
    together = threading.Barrier(64, timeout=120)
    real = instance._running

    def all_there(found):
        together.wait()
        return real(found)

    monkeypatch.setattr(instance, "_running", all_there)
    with ThreadPoolExecutor(64) as pool:
        futures = [
            pool.submit(plugin.create, INSTANCE, ami=image, instanceType="t3.micro") for _ in range(64)
        ]
        ids = {future.result(timeout=300).id for future in futures}
    assert len(ids) == 64


def test_an_asset_arrives_as_the_engine_sends_it(plugin, cloud, tmp_path):
    (tmp_path / "slug").write_text("slug")
    sign = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "hash": "1"}
    bucket = plugin.create(BUCKET)
    said = {"bucket": bucket.id, "key": "k"}
    stored = plugin.create(OBJECT, **said, source={**sign, "path": str(tmp_path / "slug")})
    assert not plugin.diff(stored, **said, source={**sign, "path": "elsewhere"}).diffs
    assert list(plugin.diff(stored, **said, source={**sign, "hash": "2"}).diffs) == ["source"]


def test_expected_failures_are_told_without_a_traceback():
    assert operations.told(OSError("no such file")) == "no such file"
    assert operations.told(TimeoutError()) == "TimeoutError()"
    assert operations.told(KeyError("x")).startswith("a fault of the stand-in for pulumi-aws:\n")
