"""The metadata service, asked over HTTP as machines ask it."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.aws.metadata.server import MetadataServer
from local.aws.metadata.service import Client, MetadataService
from local.aws.metadata.tree import Facts, Key, Network, Role, tree

ADDRESS = ("127.15.0.1", 4580)  # no home has it

FACTS = Facts(
    id="i-0abc",
    account="123456789012",
    region="us-east-1",
    zone="us-east-1a",
    zone_id="use1-az6",
    image="ami-1",
    type="t3.micro",
    architecture="x86_64",
    reservation="r-1",
    launch_index=0,
    launched="2026-01-01T00:00:00Z",
    hostname="ip-172-31-0-4.ec2.internal",
    public_hostname="ec2-127-20-0-2.compute-1.amazonaws.com",
    network=Network(
        interface="eni-1",
        mac="1a:2b:3c:41:51:61",
        private_ip="172.31.0.4",
        public_ip="127.20.0.2",
        subnet="subnet-1",
        subnet_cidr="172.31.0.0/20",
        vpc="vpc-1",
        vpc_cidr="172.31.0.0/16",
        groups={"sg-1": "web", "sg-2": "other"},
    ),
    key=Key(name="mine", material="ssh-ed25519 AAAA"),
    role=Role(name="reader", profile_arn="arn:p", profile_id="AIPA", credentials=lambda: "{}"),
    user_data=b"\x1f\x8b\x00raw\xff",
)  # fmt: skip
BARE = replace(FACTS, id="i-0def", key=None, role=None, user_data=b"", public_hostname=None)

CLIENTS = {
    "172.31.0.4": Client(id="i-0abc", tree=tree(FACTS)),
    "172.31.0.5": Client(id="i-0def", tree=tree(BARE)),
    "172.31.0.6": Client(id="i-old", tree=tree(BARE), tokens_required=False),
    "172.31.0.7": Client(id="i-off", tree=tree(BARE), enabled=False),
}


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    server = MetadataServer(ADDRESS, MetadataService(CLIENTS.get))
    server.start()
    yield
    server.stop()


def ask(
    path: str, machine: str = "172.31.0.4", method: str = "GET", **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(*ADDRESS, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers={"X-Machine-Address": machine, **sent})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers


def token(machine: str = "172.31.0.4", seconds: str = "60") -> str:
    status, body, headers = ask(
        "/latest/api/token", machine, "PUT", x_aws_ec2_metadata_token_ttl_seconds=seconds
    )
    assert status == 200
    assert headers["X-aws-ec2-metadata-token-ttl-seconds"] == seconds
    return body.decode()


def read(path: str, machine: str = "172.31.0.4") -> str:
    status, body, _ = ask(path, machine, x_aws_ec2_metadata_token=token(machine))
    assert status == 200, path
    return body.decode()


def test_without_a_token_nothing_is_said() -> None:
    assert ask("/latest/meta-data/instance-id")[:2] == (401, b"")


def test_with_a_token_the_machine_reads_its_own() -> None:
    assert read("/latest/meta-data/instance-id") == "i-0abc"
    assert read("/latest/meta-data/instance-id", "172.31.0.5") == "i-0def"


def test_a_token_is_of_no_use_to_another_machine() -> None:
    stolen = token("172.31.0.4")
    status, body, _ = ask("/latest/meta-data/instance-id", "172.31.0.5", x_aws_ec2_metadata_token=stolen)
    assert (status, body) == (401, b"")


def test_a_made_up_token_is_refused_even_where_none_is_needed() -> None:
    assert ask("/latest/meta-data/instance-id", "172.31.0.6")[1] == b"i-0def"
    assert ask("/latest/meta-data/instance-id", "172.31.0.6", x_aws_ec2_metadata_token="x")[0] == 401


def test_an_expired_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    old = token(seconds="60")
    monkeypatch.setattr("local.aws.metadata.service.time.monotonic", lambda: float("1e12"))
    assert ask("/latest/meta-data/instance-id", x_aws_ec2_metadata_token=old)[0] == 401


@pytest.mark.parametrize("seconds", ["0", "21601", "", "-1", "x"])
def test_a_token_s_lifetime_is_between_a_second_and_six_hours(seconds: str) -> None:
    headers = {"x_aws_ec2_metadata_token_ttl_seconds": seconds}
    assert ask("/latest/api/token", method="PUT", **headers)[0] == 400


@pytest.mark.parametrize(
    ("machine", "status"),
    [("172.31.9.9", 404), ("", 404), ("172.31.0.7", 403)],
    ids=["unknown", "none", "off"],
)
def test_who_is_no_machine_or_has_it_switched_off_gets_no_token(machine: str, status: int) -> None:
    assert ask("/latest/api/token", machine, "PUT", x_aws_ec2_metadata_token_ttl_seconds="60")[0] == status


def test_user_data_comes_byte_for_byte_and_is_missing_if_there_is_none() -> None:
    assert ask("/latest/user-data", x_aws_ec2_metadata_token=token())[1] == FACTS.user_data
    own = token("172.31.0.5")
    assert ask("/latest/user-data", "172.31.0.5", x_aws_ec2_metadata_token=own)[0] == 404


def test_dated_versions_are_the_same_tree() -> None:
    assert read("/2021-03-23/meta-data/placement/region") == "us-east-1"
    assert "latest" in read("/").splitlines()
    assert ask("/newest/meta-data/", x_aws_ec2_metadata_token=token())[0] == 404


def test_folders_list_what_is_in_them() -> None:
    assert read("/latest/").splitlines() == ["dynamic/", "meta-data/", "user-data"]
    names = read("/latest/meta-data/").splitlines()
    assert {"instance-id", "local-ipv4", "placement/", "iam/", "public-keys/"} <= set(names)
    assert "public-keys" not in names
    assert read("/latest/meta-data/public-keys/") == "0=mine"
    assert read("/latest/meta-data/public-keys/0/") == "openssh-key"
    assert read("/latest/meta-data/iam/security-credentials/") == "reader"


@pytest.mark.parametrize("path", ["iam/", "iam/info", "public-keys/", "public-hostname"])
def test_what_an_instance_does_not_have_is_not_there(path: str) -> None:
    own = token("172.31.0.5")
    assert ask(f"/latest/meta-data/{path}", "172.31.0.5", x_aws_ec2_metadata_token=own)[0] == 404


def test_every_name_in_every_folder_leads_somewhere() -> None:
    """cloud-init walks the tree so."""
    seen = list(walk("/latest/meta-data/"))
    assert "/latest/meta-data/network/interfaces/macs/1a:2b:3c:41:51:61/vpc-id" in seen
    assert len(seen) > 30


def walk(folder: str) -> Iterator[str]:
    for name in read(folder).splitlines():
        if name.startswith("0="):
            assert read(f"{folder}0/openssh-key").startswith("ssh-")
        elif name.endswith("/"):
            yield from walk(folder + name)
        else:
            assert read(folder + name)
            yield folder + name


def test_the_identity_document_says_who_the_machine_is() -> None:
    document = json.loads(read("/latest/dynamic/instance-identity/document"))
    assert document["instanceId"] == "i-0abc"
    assert document["accountId"] == "123456789012"
    assert document["region"] == "us-east-1"
