import pytest

from fleet.session import ec2_client


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
    assert key_of(ec2_client({"region": "eu-central-1"})) == "SHELL"


@pytest.mark.parametrize("theirs", ["shell", "gone"])
def test_keys_of_the_stack_win(monkeypatch, theirs):
    monkeypatch.setenv("AWS_PROFILE", theirs)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of the shell")
    client = ec2_client({"region": "eu-central-1", "accessKey": "STACK", "secretKey": "x"})
    assert key_of(client) == "STACK"
    assert client._request_signer._credentials.token is None


@pytest.mark.parametrize("theirs", ["shell", "gone"])
def test_a_profile_of_the_stack_wins(monkeypatch, theirs):
    monkeypatch.setenv("AWS_PROFILE", theirs)
    assert key_of(ec2_client({"region": "eu-central-1", "profile": "team"})) == "TEAM"


def test_the_region_of_the_stack_wins(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert ec2_client({"region": "eu-central-1"}).meta.region_name == "eu-central-1"


def test_endpoints_of_the_stack_win(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    endpoints = [{"s3": "http://127.0.0.1:3"}, {"ec2": "http://127.0.0.1:2"}]
    assert (
        ec2_client({"region": "eu-central-1", "endpoints": endpoints}).meta.endpoint_url
        == "http://127.0.0.1:2"
    )


@pytest.mark.parametrize("theirs", ["shell", "gone"])
def test_a_role_of_the_stack_is_assumed(monkeypatch, theirs):
    asked = []

    class Fetcher:
        def __init__(self, **options):
            asked.append(options)

        def fetch_credentials(self):
            return {
                "access_key": "ROLE",
                "secret_key": "x",
                "token": "t",
                "expiry_time": "2999-01-01T00:00:00Z",
            }

    monkeypatch.setattr("fleet.session.AssumeRoleCredentialFetcher", Fetcher)
    role = {"roleArn": "arn:aws:iam::222233334444:role/deploy", "externalId": "e"}
    monkeypatch.setenv("AWS_PROFILE", theirs)
    stack = {"region": "eu-central-1", "accessKey": "STACK", "secretKey": "x", "assumeRole": role}
    client = ec2_client(stack)
    assert client._request_signer._credentials.get_frozen_credentials().access_key == "ROLE"
    assert asked[0]["source_credentials"].access_key == "STACK"
    assert asked[0]["role_arn"] == "arn:aws:iam::222233334444:role/deploy"
    assert asked[0]["extra_args"] == {"RoleSessionName": "compute-instances", "ExternalId": "e"}
