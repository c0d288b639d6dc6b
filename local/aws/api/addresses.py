"""Public addresses: loopback ones of this home, so that people reach instances as on the internet."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network
from itertools import cycle, islice

from moto.ec2.exceptions import EC2ClientError


class PublicAddresses:
    """Hands out the addresses of `network` in turn; one that was given back rests as long as possible."""

    def __init__(self, network: IPv4Network, in_use: Callable[[], Iterable[str | None]]) -> None:
        hosts = [str(host) for host in network.hosts()][1:]  # the first is the API's
        self._turn = cycle(hosts)
        self._count = len(hosts)
        self._in_use = in_use

    def take(self) -> str:
        """A free address. Raises EC2ClientError, which the API answers with, when there is none."""
        used = set(self._in_use())
        for address in islice(self._turn, self._count):
            if address not in used:
                return address
        raise EC2ClientError("AddressLimitExceeded", "The local AWS has no public address left.")
