import json

import pytest
from pulumi.runtime import rpc

from local.errors import LocalError
from local.provider import session
from tests.local.provider.conftest import ACCOUNT, KEYS
from tests.local.provider.driver import RefusedError


def endpoints(url):
    return json.dumps([dict.fromkeys(session.SERVICES, url)])


def connect(**config):
    return session.connect(session.Settings.parse({**KEYS, **config}))


def test_the_endpoint_may_come_from_the_environment(cloud):
    del cloud
    assert connect().account == ACCOUNT


def test_the_region_may_come_from_the_environment(cloud, monkeypatch):
    del cloud
    keys = {"accessKey": "a", "secretKey": "b"}
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert session.connect(session.Settings.parse(keys)).region == "eu-north-1"
    assert connect(region="eu-central-1").region == "eu-central-1"
    monkeypatch.delenv("AWS_REGION")
    assert session.connect(session.Settings.parse(keys)).region == "eu-west-1"


def test_the_stack_s_endpoint_wins(moto, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert connect(endpoints=endpoints(moto)).account == ACCOUNT


@pytest.mark.parametrize("host", ["ec2.us-east-1.amazonaws.com", "10.0.0.1", "127.0.0.1.example.com"])
def test_an_endpoint_that_is_not_on_the_loopback_is_refused(host):
    with pytest.raises(LocalError, match="speaks only to a local AWS, but the endpoint of ec2 is http"):
        connect(endpoints=endpoints(f"http://{host}"))


def test_aws_itself_is_refused(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(LocalError, match=r"the endpoint of ec2 is https://ec2.us-east-1.amazonaws.com"):
        connect()


def test_one_far_endpoint_among_near_ones_is_refused(moto):
    near = [{"ec2": moto, "iam": moto, "sts": moto, "s3": "https://s3.amazonaws.com"}]
    with pytest.raises(LocalError, match="the endpoint of s3 is"):
        connect(endpoints=json.dumps(near))


@pytest.mark.parametrize("host", ["localhost", "127.16.0.1", "[::1]"])
def test_the_loopback_has_many_names(host):
    session._refuse_far("ec2", f"http://{host}:4566")


def test_another_account_is_refused(cloud):
    del cloud
    with pytest.raises(LocalError, match=f"AWS account ID not allowed: {ACCOUNT}"):
        connect(allowedAccountIds='["111122223333"]')
    assert connect(allowedAccountIds=json.dumps(["111122223333", ACCOUNT])).account == ACCOUNT


def test_an_account_written_as_a_number_is_the_same_account(cloud):
    del cloud
    assert connect(allowedAccountIds=f"[{ACCOUNT}]").account == ACCOUNT


def test_nobody_there_is_said(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(LocalError, match=r"validating AWS credentials at http://127.0.0.1:9(.|\n)*make up"):
        connect()


def test_a_value_of_the_wrong_kind_is_said():
    with pytest.raises(LocalError, match="aws:allowedAccountIds of the stack is '0123'"):
        session.Settings.parse({"allowedAccountIds": "0123"})


def test_default_tags_reach_every_resource(unconfigured, cloud):
    del cloud
    unconfigured.configure({**KEYS, "defaultTags": '{"tags": {"stack": "local"}}'})
    checked = unconfigured.check("aws:s3/bucket:Bucket", {}, tags={"app": "hello"})
    assert checked["tagsAll"] == {"stack": "local", "app": "hello"}


def test_keys_may_be_secrets_of_the_stack(unconfigured, cloud):
    del cloud
    wrapped = {rpc._special_sig_key: rpc._special_secret_sig, "value": KEYS["secretKey"]}
    unconfigured.configure({**KEYS, "secretKey": wrapped})


def test_faults_of_the_configuration_are_failures_of_the_check(unconfigured, cloud):
    del cloud
    with pytest.raises(RefusedError) as refused:
        unconfigured.configure({**KEYS, "assumeRoles": "[]", "version": "7.51.1"})
    assert refused.value.reasons == {
        "assumeRoles": "the stand-in for pulumi-aws does not serve the provider's assumeRoles"
    }
    with pytest.raises(RefusedError) as refused:
        unconfigured.configure({**KEYS, "allowedAccountIds": '["111122223333"]'})
    assert "AWS account ID not allowed" in refused.value.reasons[""]
