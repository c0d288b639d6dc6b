"""IAM late on request: what a policy grants, and a machine's role."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local import supervise
from local.aws.api import lag
from local.aws.api.account import ACCOUNT
from local.aws.api.iam import LocalIam
from local.aws.api.lag import Lag
from local.home import Home
from tests.local.conftest import Aws, eventually
from tests.local.roles import as_machine, ask_imds, give_role, policy, with_keys

LATE = 10.0
READ = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
WRITE = policy({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"})


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lag, "time", clock)
    return clock


@pytest.fixture
def iam(clock: Clock) -> LocalIam:
    """With a role `app` that has no policy."""
    iam = LocalIam("aws", ACCOUNT)
    iam.lag = Lag(LATE)
    iam.create_role("app", policy({}), "/", None, "", [], "3600")
    return iam


def test_without_a_lag_everything_is_known_at_once(clock: Clock) -> None:
    at_once = Lag()
    at_once.told("this")
    assert at_once.known("this")
    assert Lag(LATE).known("never told")


def test_a_policy_grants_later_but_iam_shows_it_at_once(iam: LocalIam, clock: Clock) -> None:
    iam.put_role_policy("app", "own", READ)
    assert iam.get_role_policy("app", "own") == ("own", READ)
    assert iam.effective_policies("app") == []
    clock.now += LATE - 1
    assert iam.effective_policies("app") == []
    clock.now += 1
    assert iam.effective_policies("app") == [READ]


def test_a_policy_put_anew_says_for_a_while_what_it_said(iam: LocalIam, clock: Clock) -> None:
    iam.put_role_policy("app", "own", READ)
    clock.now += LATE
    iam.put_role_policy("app", "own", WRITE)
    clock.now += LATE / 2
    iam.put_role_policy("app", "own", WRITE)
    clock.now += LATE / 2
    assert iam.effective_policies("app") == [READ]
    clock.now += LATE / 2
    assert iam.effective_policies("app") == [WRITE]


def test_a_policy_that_is_gone_grants_nothing_at_once(iam: LocalIam, clock: Clock) -> None:
    iam.put_role_policy("app", "own", READ)
    clock.now += LATE
    iam.delete_role_policy("app", "own")
    assert iam.effective_policies("app") == []
    iam.put_role_policy("app", "own", READ)
    assert iam.effective_policies("app") == []


def test_a_managed_policy_lags_from_its_attachment(iam: LocalIam, clock: Clock) -> None:
    managed = iam.create_policy("", "/", READ, "shared", {})
    iam.attach_role_policy(managed.arn, "app")
    assert iam.effective_policies("app") == []
    clock.now += LATE
    assert iam.effective_policies("app") == [managed]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    place = Home(tmp_path / "home")
    yield place
    supervise.end(place)


def role_status(aws: Aws, machine: str) -> int:
    token = ask_imds(
        aws, machine, "PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    )[1]
    path = "/latest/meta-data/iam/security-credentials/"
    return ask_imds(aws, machine, "GET", path, {"X-aws-ec2-metadata-token": token})[0]


@pytest.mark.parametrize(("seconds", "comes"), [(86400.0, False), (1.0, True)])
def test_a_machine_gets_its_role_late(home: Home, seconds: float, comes: bool) -> None:  # noqa: FBT001
    aws = Aws(home, supervise.start(home, "simulated", iam_lag=seconds))
    instance = aws.run(IamInstanceProfile={"Name": give_role(aws, "reader", "*")})
    machine = aws.becomes(instance, "running")["PrivateIpAddress"]
    if not comes:
        assert role_status(aws, machine) == 404
        return
    eventually(lambda: role_status(aws, machine) == 200)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="slugs")
    s3.put_object(Bucket="slugs", Key="slug", Body=b"slug")
    role = as_machine(aws, machine)
    assert role("s3").get_object(Bucket="slugs", Key="slug")["Body"].read() == b"slug"


def test_s3_refuses_a_role_whose_policy_is_not_known_yet(home: Home) -> None:
    aws = Aws(home, supervise.start(home, "simulated", iam_lag=86400.0))
    iam, s3 = aws.client("iam"), aws.client("s3")
    s3.create_bucket(Bucket="slugs")
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=policy(anybody))["Role"]
    iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=READ)
    held = aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
    keys = (held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])
    with pytest.raises(ClientError) as refused:
        with_keys(aws, "s3", keys).get_object(Bucket="slugs", Key="slug")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
