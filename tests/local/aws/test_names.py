"""The name server of the machines."""

from local.aws.names import reachable_resolvers, render


def test_aws_names_lead_to_the_local_aws_and_all_others_to_the_host_s_resolver() -> None:
    lines = render(["192.0.2.53", "192.0.2.54"]).splitlines()
    assert "address=/amazonaws.com/192.0.2.10" in lines
    assert [line for line in lines if line.startswith("server=")] == [
        "server=192.0.2.53",
        "server=192.0.2.54",
    ]


def test_nothing_about_names_of_ours_is_asked_outside() -> None:
    assert "local=/amazonaws.com/ec2.internal/" in render([]).splitlines()


def test_it_listens_in_the_namespace_only_and_reads_nothing_of_the_host() -> None:
    lines = render([]).splitlines()
    assert {"listen-address=172.31.0.1", "bind-interfaces", "no-resolv", "no-hosts"} <= set(lines)


def test_resolvers_are_read_as_resolv_conf_has_them() -> None:
    text = "# a comment\nsearch example.org\nnameserver 192.0.2.53\nnameserver\t192.0.2.54\noptions edns0\n"
    assert reachable_resolvers([text]) == ["192.0.2.53", "192.0.2.54"]


def test_what_a_namespace_cannot_reach_is_passed_over() -> None:
    stub, behind = "nameserver 127.0.0.53\nnameserver fe80::1\n", "nameserver 192.0.2.53\n"
    assert reachable_resolvers([stub, behind]) == ["192.0.2.53"]
    assert reachable_resolvers([stub]) == []
