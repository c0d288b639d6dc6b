"""The ground that real machines stand on: image, network, names and balancer as one Site."""

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from local.aws import certificates, cgroups, firewall, host_settings, image, leftovers, old_images
from local.aws.balancer import Address, Balancer
from local.aws.launch import Launch
from local.aws.machine import MachineSpec, NetworkView
from local.aws.names import Names
from local.aws.network import Network
from local.aws.nspawn import NspawnMachine
from local.aws.run import succeeds
from local.errors import LocalError
from local.home import Home

_TOOLS = (
    *("systemd-nspawn", "mmdebstrap", "haproxy", "dnsmasq"),
    *("nft", "ip", "nsenter", "mkfs.ext4", "sysctl"),
)
_LOOP_DEVICES = Path("/dev/loop-control")
_TRIAL = ("unshare", "--mount", "--net", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt")


def _not_root() -> str | None:
    return None if os.geteuid() == 0 else "real machines need root"


def _missing_tools() -> str | None:
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def _no_loop_devices() -> str | None:
    return None if _LOOP_DEVICES.exists() else f"there are no loop devices ({_LOOP_DEVICES})"


def _sealed() -> str | None:
    if succeeds(*_TRIAL):
        return None
    return "new namespaces and mounts are not allowed here, as in a container without privileges"


NEEDS: Mapping[str, Callable[[], str | None]] = {
    "root": _not_root,
    "tools": _missing_tools,
    "loop devices": _no_loop_devices,
    "namespaces and mounts": _sealed,
    "control groups": cgroups.unusable,
    "filter between machines": firewall.no_bridge_filter,
    "host settings": host_settings.impossible,
}
"""What real machines need of this host, in the order in which to ask; each asks why it is not there."""


@dataclass
class NspawnSite:
    """Real machines by systemd-nspawn. `api` and `metadata` are where those two listen on the host."""

    home: Home
    api: Address = field(kw_only=True)
    metadata: Address = field(kw_only=True)
    _image: Path = field(default=Path(), init=False)
    _at_close: ExitStack = field(default_factory=ExitStack, init=False)
    _network: Network = field(init=False)
    _balancer: Balancer = field(init=False)

    def __post_init__(self) -> None:
        self._network = Network(self.home)
        self._balancer = Balancer(home=self.home, api=self.api, metadata=self.metadata)

    @staticmethod
    def available() -> str | None:
        """Why real machines cannot run on this host; None when they can."""
        return next((lack for lack in (look() for look in NEEDS.values()) if lack), None)

    def open(self) -> None:
        if reason := self.available():
            raise LocalError(f"no real machines on this host: {reason}")
        self._image = self._at_close.enter_context(old_images.held(image.ensure()))
        leftovers.clean(self.home)
        try:
            self._make()
        except LocalError:
            leftovers.clean(self.home)
            raise

    def machine(self, spec: MachineSpec) -> NspawnMachine:
        return NspawnMachine(Launch(self._network, self._image, spec))

    def publish(self, view: NetworkView) -> None:
        self._network.publish(view)
        self._balancer.publish(view.forwards)

    def close(self) -> None:
        """Machines that still run are not asked to power off: nothing of them is to last."""
        leftovers.clean(self.home)
        self._at_close.close()

    def _make(self) -> None:
        self._network.open()
        Names(self._network).start()
        self._balancer.start(certificates.authority().site_pem())
