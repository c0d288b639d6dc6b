"""Whose credentials, which region and which endpoints our own calls go with."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import NoCredentialsError

from fleet.session import Access

ROLE = {"roleArn": "arn:aws:iam::222233334444:role/deploy", "externalId": "e"}


@pytest.fixture(autouse=True)
def shell(monkeypatch, tmp_path):
    """A shell with keys of its own and a profile file."""
    (tmp_path / "credentials").write_text(
        "[team]\naws_access_key_id = TEAM\naws_secret_access_key = x\n"
        "[shell]\naws_access_key_id = PROFILE\naws_secret_access_key = x\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SHELL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def key_of(client):
    return client._request_signer._credentials.access_key


def test_what_the_stack_leaves_open_comes_from_the_shell():
    assert key_of(Access({"region": "eu-central-1"}).ec2) == "SHELL"


@pytest.mark.parametrize("theirs", ["shell", "gone"])
def test_keys_of_the_stack_win(monkeypatch, theirs):
    monkeypatch.setenv("AWS_PROFILE", theirs)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of the shell")
    client = Access({"region": "eu-central-1", "accessKey": "STACK", "secretKey": "x"}).ec2
    assert key_of(client) == "STACK"
    assert client._request_signer._credentials.token is None


@pytest.mark.parametrize("theirs", ["shell", "gone"])
def test_a_profile_of_the_stack_wins(monkeypatch, theirs):
    monkeypatch.setenv("AWS_PROFILE", theirs)
    assert key_of(Access({"region": "eu-central-1", "profile": "team"}).ec2) == "TEAM"


def test_a_role_without_credentials_to_assume_it_is_an_error_of_botocore(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError):
        Access({"region": "eu-central-1", "assumeRole": ROLE}).account()


def test_the_region_of_the_stack_wins(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert Access({"region": "eu-central-1"}).ec2.meta.region_name == "eu-central-1"


def test_endpoints_of_the_stack_win(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    endpoints = [{"s3": "http://127.0.0.1:3"}, {"ec2": "http://127.0.0.1:2"}]
    assert (
        Access({"region": "eu-central-1", "endpoints": endpoints}).ec2.meta.endpoint_url
        == "http://127.0.0.1:2"
    )


@pytest.fixture
def calls(monkeypatch):
    """Every call: operation, arguments, key, endpoint and patience. All are answered as AssumeRole."""
    called = []
    credentials = {"AccessKeyId": "ROLE", "SecretAccessKey": "x", "SessionToken": "t"}
    credentials["Expiration"] = datetime(2999, 1, 1, tzinfo=UTC)

    def answer(client, operation, arguments):
        meta = client.meta
        called.append((operation, arguments, key_of(client), meta.endpoint_url, meta.config.read_timeout))
        return {"Credentials": credentials, "AssumedRoleUser": {"Arn": ROLE["roleArn"]}}

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", answer)
    return called


@pytest.mark.parametrize("theirs", ["shell", "gone"])
def test_a_role_is_assumed_with_the_keys_and_at_the_endpoint_of_the_stack(monkeypatch, calls, theirs):
    monkeypatch.setenv("AWS_PROFILE", theirs)
    endpoints = [{"sts": "http://127.0.0.1:2"}]
    stack = {"region": "eu-central-1", "accessKey": "STACK", "secretKey": "x", "endpoints": endpoints}
    credentials = Access({**stack, "assumeRole": ROLE}).ec2._request_signer._credentials
    assert credentials.get_frozen_credentials().access_key == "ROLE"
    ((operation, arguments, *of_the_stack),) = calls
    assert operation == "AssumeRole"
    assert arguments == {
        "RoleArn": ROLE["roleArn"],
        "RoleSessionName": "compute-instances",
        "ExternalId": "e",
    }
    assert of_the_stack == ["STACK", "http://127.0.0.1:2", 15]
