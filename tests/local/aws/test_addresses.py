"""Public addresses are handed out once, and never the API's."""

from ipaddress import IPv4Network

import pytest
from moto.ec2.exceptions import EC2ClientError

from local.aws.api.addresses import PublicAddresses

NETWORK = IPv4Network("127.20.0.0/29")


def test_every_address_but_the_first_is_given_once_and_then_none() -> None:
    used: list[str | None] = [None]
    addresses = PublicAddresses(NETWORK, lambda: used)
    used += [addresses.take() for _ in range(5)]
    with pytest.raises(EC2ClientError):
        addresses.take()
    assert set(used) == {None, *(f"127.20.0.{last}" for last in range(2, 7))}


def test_a_returned_address_rests_until_the_others_were_given() -> None:
    addresses = PublicAddresses(NETWORK, list)
    given = [addresses.take() for _ in range(6)]
    assert given[0] == given[5] == "127.20.0.2"
    assert len(set(given)) == 5
