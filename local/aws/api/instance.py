"""An EC2 instance whose state says what its machine does, where moto's says what was asked for."""

import base64
import time
from copy import copy

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import Instance, InstanceState, StateReason
from moto.ec2.models.security_groups import SecurityGroup

from local.aws.machine import MachineSpec

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

DEFAULT_VOLUME_GIB = 8
"""The root volume of Debian's official image."""

_BY_USER = ("Client.UserInitiatedShutdown", "User initiated shutdown")
_BY_ITSELF = ("Client.InstanceInitiatedShutdown", "Instance initiated shutdown")


class LocalInstance(Instance):  # type: ignore[misc]  # moto is not typed for us
    """Asked to terminate, it is `shutting-down`, keeps its addresses and its role, and ends with its machine.

    The API asks (`start`, `reboot`, `stop`, `terminate`); the keeper of the machines reports what came of it
    (`settle`, `reboots`, `give_up`, `power_off_itself`).
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._state = InstanceState("pending", 0)
        self.state_reason = StateReason()
        self._reboot_asked = False
        self.complete = False
        """Whether RunInstances has attached what the machine needs to know, as its volume."""
        self.ended: float | None = None
        """When it was terminated, on the monotonic clock."""
        # They may have come with the network interface: then moto describes none.
        self.security_groups: list[SecurityGroup] = self.security_groups or list(self.nics[0].group_set)

    def setup_defaults(self) -> None:
        # moto's default volume is /dev/sda1 whatever the image says: then no volume is the root volume.
        volume = self.ec2_backend.create_volume(size=DEFAULT_VOLUME_GIB, zone_name=self.placement.zone)
        self.ec2_backend.attach_volume(volume.id, self.id, self.root_device_name, delete_on_termination=True)

    def start(self) -> InstanceState:
        return self._ask("pending", {"stopped"}, unchanged={"pending", "running"})

    def stop(self) -> InstanceState:
        return self._ask("stopping", {"pending", "running"}, unchanged={"stopping", "stopped"})

    def terminate(self) -> InstanceState:
        lasting = {"pending", "running", "stopping", "stopped"}
        return self._ask("shutting-down", lasting, unchanged={"shutting-down", "terminated"})

    def reboot(self) -> None:
        """A request that is queued, and ignored by an instance that ends.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RebootInstances.html
        """
        if self.state in {"stopping", "stopped"}:
            raise _incorrect_state(self.id, "rebooted")
        self._reboot_asked = True

    @property
    def asked(self) -> str:
        """The state, or `rebooting` for a running instance that is to boot again."""
        return "rebooting" if self._reboot_asked and self.state == "running" else self.state

    def reboots(self) -> None:
        """The machine does what `reboot` asked for. It may be asked again from now on."""
        self._reboot_asked = False

    def settle(self, before: str, after: str) -> None:
        """The machine has done what state `before` asks for; nothing happens if another was asked since."""
        if self.state != before:
            return
        reason = self.state_reason  # moto would write another
        if after == "stopped":
            super().stop()  # gives up the public address
        if after == "terminated":
            super().terminate()  # lets go of volumes, addresses and role
            self.ended = time.monotonic()
        self.state_reason = reason
        self._become(after)

    def give_up(self, message: str) -> None:
        """The machine did not start: as on AWS, the instance ends, with the reason why."""
        self._end("shutting-down", ("Server.InternalError", message))

    def power_off_itself(self) -> None:
        """The machine powered off from inside: do what the instance was launched to do then."""
        stops = self.instance_initiated_shutdown_behavior == "stop"
        self._end("stopping" if stops else "shutting-down", _BY_ITSELF)

    def machine(self) -> MachineSpec:
        """What the machine is to be."""
        root = self.block_device_mapping.get(self.root_device_name)
        image = self.ec2_backend.amis.get(self.image_id)
        return MachineSpec(
            id=self.id,
            image_id=self.image_id,
            image_description=(image and image.description) or "",
            user_data=self.script(),
            hostname=self.private_dns_name.partition(".")[0],
            private_ip=self.private_ip,
            volume_gib=root.size if root else DEFAULT_VOLUME_GIB,
        )

    def script(self) -> bytes:
        """The user data as posted, without base64; empty if there is none."""
        return base64.b64decode(str(self.user_data)) if self.user_data else b""

    def _ask(self, state: str, allowed: set[str], *, unchanged: set[str]) -> InstanceState:
        previous = copy(self._state)
        if previous.name == "stopped" and state == "pending":
            self._take_addresses()
        if previous.name in allowed:
            self.state_reason = StateReason() if state == "pending" else _reason(*_BY_USER)
            self._become(state)
        elif previous.name not in unchanged:
            raise _incorrect_state(self.id, state)
        return previous

    def _take_addresses(self) -> None:
        for interface in self.nics.values():
            interface.start()

    def _end(self, state: str, reason: tuple[str, str]) -> None:
        if self.state in {"pending", "running"}:
            self.state_reason = _reason(*reason)
            self._become(state)

    def _become(self, state: str) -> None:
        self._reboot_asked = self._reboot_asked and state == "running"
        # A new value instead of moto's two assignments: nobody reads a name with another's code.
        self._state = InstanceState(state, CODES[state])


def _incorrect_state(instance: str, wanted: str) -> EC2ClientError:
    return EC2ClientError(
        "IncorrectInstanceState",
        f"The instance '{instance}' is not in a state from which it can be {wanted}.",
    )


def _reason(code: str, message: str) -> StateReason:
    return StateReason(f"{code}: {message}", code)
