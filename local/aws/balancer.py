"""haproxy, in the host's network with feet in the namespace.

For people it listens on loopback addresses and reaches the machines as somebody from the internet. For
machines it is the metadata address and every AWS name over TLS. Its configuration is the whole truth and is
rendered anew for every change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from local.aws import folders, haproxy
from local.aws.certificates import write_secret
from local.aws.machine import Forward
from local.aws.network import METADATA, PEOPLE, SERVICES
from local.home import Home

Address = tuple[str, int]

# A machine is one hop away: if it has not answered in this time it is not there, and people should know soon.
# The hours are for downloads and consoles that say nothing for long.
_DEFAULTS = """\
defaults
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  retries 0
"""


def config_file(home: Home) -> Path:
    """What its haproxy reads, and what tells that process from others."""
    return home.path.resolve() / "balancer" / "haproxy.cfg"


@dataclass(kw_only=True)
class Balancer:
    """The balancer of one local AWS; `api` and `metadata` are where those two listen on the host."""

    home: Home
    api: Address
    metadata: Address
    _served: frozenset[Forward] | None = field(default=None, init=False)
    """None: haproxy does not run."""

    def start(self, certificate: bytes) -> None:
        """Begin to serve the machines; `certificate` is PEM with its key. Raises LocalError."""
        folders.runtime(self.home).mkdir(parents=True, exist_ok=True)
        write_secret(self._certificate, certificate)
        self._served = None
        self.publish(frozenset())

    def publish(self, forwards: frozenset[Forward]) -> None:
        """Serve these from now on. Raises LocalError when an address is taken; the old ones then stay."""
        if forwards == self._served:
            return
        config = config_file(self.home)
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(self.render(forwards), encoding="utf-8")
        haproxy.replace(config, self._socket, map(_name, self._served or ()))
        self._served = forwards

    def render(self, forwards: Iterable[Forward]) -> str:
        """The whole configuration of haproxy 2.6 (Debian 12)."""
        ordered = sorted(forwards, key=lambda forward: (forward.listen, forward.port))
        return "\n".join(
            (
                self._global(),
                _DEFAULTS,
                self._for_machines("metadata", f"{METADATA}:80", self.metadata),
                self._for_machines("api", f"{SERVICES}:443", self.api, tls=self._certificate),
                *(self._for_people(forward) for forward in ordered),
            )
        )

    @property
    def _certificate(self) -> Path:
        return self.home.tls.resolve() / "site.pem"

    @property
    def _socket(self) -> Path:
        return folders.runtime(self.home) / "haproxy.sock"

    def _global(self) -> str:
        """One thread: an order to stop is then carried out between two connections and never amid one."""
        return (
            "global\n"
            f"  stats socket {self._socket} mode 600 level admin expose-fd listeners\n"
            "  nbthread 1\n"
            "  hard-stop-after 5m\n"
        )

    def _for_machines(self, name: str, address: str, server: Address, tls: Path | None = None) -> str:
        """The metadata service knows a machine by this header; what the machine itself says there is lost."""
        host, port = server
        encryption = f" ssl crt {_quoted(tls)}" if tls else ""
        return (
            f"listen {name}\n"
            "  mode http\n"
            "  option http-server-close\n"
            f"  bind {address} namespace {self.home.name}{encryption}\n"
            "  http-request set-header X-Machine-Address %[src]\n"
            f"  server {name} {host}:{port}\n"
        )

    def _for_people(self, forward: Forward) -> str:
        inside = f"namespace {self.home.name} source {PEOPLE}"
        return (
            f"listen {_name(forward)}\n"
            "  mode tcp\n"
            f"  bind {_name(forward)}\n"
            f"  server machine {forward.target}:{forward.port} {inside}\n"
        )


def _name(forward: Forward) -> str:
    return f"{forward.listen}:{forward.port}"


def _quoted(path: Path) -> str:
    """A word as haproxy's configuration has it: in strong quotes (section 2.2 of its manual)."""
    return "'" + str(path).replace("'", "'\\''") + "'"
