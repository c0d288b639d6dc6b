"""What a machine is started from: its disk, the files it finds there, and the command.

Its own layer lies on a sparse file of the volume's size, so a full disk is the machine's and not the host's.
The mounts are made in a mount namespace that only the machine's processes are in: with the last of them the
kernel takes mounts and loop device away, however they end.
"""

from dataclasses import dataclass
from pathlib import Path

from local.aws import cgroups
from local.aws.machine import MachineSpec
from local.aws.network import BRIDGE, GATEWAY, PREFIX, Network
from local.aws.run import run

# Runs in the machine's folder. $1: the image, $2: its control groups, the rest: what starts the machine.
_MOUNT_AND_START = """\
set -eu
image=$1 groups=$2
shift 2
for group in $groups; do
  mkdir -p "$group"
  echo $$ > "$group/cgroup.procs"
done
mkdir -p layers root
mount -o loop,noatime disk layers
mkdir -p layers/upper layers/work
cp -R files/. layers/upper/
ln -sfn "$image" image
mount -t overlay overlay -o lowerdir=image,upperdir=layers/upper,workdir=layers/work root
until "$@"; do
  # How nspawn says that the machine wants to boot again, where it may not see to that itself.
  [ $? -eq 133 ] || exit 1
done
"""


@dataclass(frozen=True)
class Launch:
    """How one machine is started on `network`, any number of times. Pure but for `prepare`."""

    network: Network
    image: Path
    spec: MachineSpec

    @property
    def name(self) -> str:
        """Unlike that of any other local AWS. The id comes first: names of interfaces keep only the start."""
        return f"{self.spec.id}-{self.network.home.name}"

    @property
    def folder(self) -> Path:
        """All files of the machine."""
        return self.network.home.machines.resolve() / self.spec.id

    def prepare(self) -> None:
        """Format the disk if there is none yet, and write the files. Raises LocalError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files().items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="ascii")
        if not (self.folder / "disk").exists():
            self._format(self.folder / "disk")

    def files(self) -> dict[str, str]:
        """By path in `folder`; what is under `files` is copied to the machine's disk before each boot.

        On EC2 the addresses come by DHCP. The `ec2` at the head of the hypervisor's id is how cloud-init
        knows EC2 without a BIOS to read.
        """
        return {
            "files/etc/systemd/network/10-host0.network": _addresses(self.spec.private_ip),
            "files/etc/resolv.conf": f"nameserver {GATEWAY}\nsearch ec2.internal\n",
            "hypervisor": f"ec2{self.spec.id.removeprefix('i-')}\n",
        }

    def command(self) -> list[str]:
        """What starts the machine: in the network, in a mount namespace of its own, after its mounts."""
        groups = [str(group) for group in cgroups.of_machine(self.network.home, self.name)]
        # Slave and not private: what the host unmounts must not stay mounted in here.
        enter = [f"--net={self.network.namespace}", "unshare", "--mount", "--propagation=slave"]
        mount = ["sh", "-c", _MOUNT_AND_START, self.name, str(self.image), " ".join(groups)]
        # In a group that is ours systemd-nspawn must not ask systemd for one.
        unit = ["--keep-unit"] if groups else []
        return ["nsenter", *enter, *mount, "systemd-nspawn", *unit, *self._options()]

    def _options(self) -> list[str]:
        # A colon would end the path (systemd-nspawn(1), --bind=).
        hypervisor = str(self.folder / "hypervisor").replace(":", r"\:")
        return [
            "--quiet",
            "--register=no",
            f"--machine={self.name}",
            f"--hostname={self.spec.hostname}",
            "--directory=root",
            f"--network-bridge={BRIDGE}",
            f"--bind-ro={hypervisor}:/sys/hypervisor/uuid",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--setenv=TERM=dumb",
            "--setenv=SYSTEMD_COLORS=0",
            "--boot",
            "--",
            "systemd.show_status=0",
        ]

    def _format(self, disk: Path) -> None:
        """Under another name first: a disk that exists is a whole one."""
        new = disk.with_suffix(".new")
        with new.open("wb") as sparse:
            sparse.truncate(self.spec.volume_gib << 30)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", new)
        new.rename(disk)


def _addresses(private_ip: str) -> str:
    return f"""\
[Match]
Name=host0

[Network]
Address={private_ip}/{PREFIX}
Gateway={GATEWAY}
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
