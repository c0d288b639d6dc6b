"""haproxy's configuration."""

from pathlib import Path

import pytest

from local.aws import haproxy
from local.aws.balancer import Balancer
from local.aws.machine import Forward
from local.aws.processes import Process
from local.home import Home

HOME = Home(Path("/srv/local aws"))
BALANCER = Balancer(home=HOME, api=("127.20.0.1", 4566), metadata=("127.20.0.1", 4580))


def section(name: str, *forwards: Forward) -> list[str]:
    text = BALANCER.render(forwards)
    body = text.partition(f"{name}\n")[2].partition("\n\n")[0]
    return [line.strip() for line in body.splitlines()]


def test_the_metadata_address_overwrites_who_asks() -> None:
    assert section("listen metadata") == [
        "mode http",
        "option http-server-close",
        f"bind 169.254.169.254:80 namespace {HOME.name}",
        "http-request set-header X-Machine-Address %[src]",
        "server metadata 127.20.0.1:4580",
    ]


def test_the_aws_names_are_served_over_tls_inside_the_namespace() -> None:
    lines = section("listen api")
    certificate = HOME.tls.resolve() / "site.pem"
    assert f"bind 192.0.2.10:443 namespace {HOME.name} ssl crt '{certificate}'" in lines
    assert "server api 127.20.0.1:4566" in lines


def test_people_come_from_the_internet_as_the_machine_sees_it() -> None:
    assert section("listen 127.20.0.9:5000", Forward("127.20.0.9", 5000, "172.31.0.4")) == [
        "mode tcp",
        "bind 127.20.0.9:5000",
        f"server machine 172.31.0.4:5000 namespace {HOME.name} source 203.0.113.10",
    ]


def test_only_loopback_and_the_namespace_are_listened_on() -> None:
    text = BALANCER.render([Forward("127.20.0.9", 5000, "172.31.0.4")])
    binds = [line.split()[1:] for line in text.splitlines() if line.strip().startswith("bind ")]
    assert len(binds) == 3
    assert all(bind[0].startswith("127.") or bind[1:3] == ["namespace", HOME.name] for bind in binds)


def test_the_order_of_a_set_does_not_change_the_configuration() -> None:
    forwards = [Forward("127.20.0.9", port, "172.31.0.4") for port in (81, 80, 8080)]
    assert BALANCER.render(forwards) == BALANCER.render(reversed(forwards))


@pytest.mark.parametrize("setting", ["retries 0", "timeout connect 2s"])
def test_a_machine_that_is_not_there_is_told_soon_and_not_retried(setting: str) -> None:
    assert setting in section("defaults")


def test_only_haproxy_itself_is_replaced() -> None:
    config = Path("/srv/aws/balancer/haproxy.cfg")
    ours, editor, other = (
        Process(pid=pid, argv=argv, cgroup="")
        for pid, argv in enumerate(
            [
                ("haproxy", "-D", "-f", str(config)),
                ("vim", str(config)),
                ("haproxy", "-D", "-f", "/etc/haproxy/haproxy.cfg"),
            ]
        )
    )
    assert haproxy.readers(config, [ours, editor, other]) == [ours]
