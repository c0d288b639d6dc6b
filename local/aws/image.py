"""The machine image: Debian 12 with what its EC2 image holds, as far as a machine here needs it.

Nothing an app needs is in it: what a script wants on its machine it installs, as on AWS. Added is only what
lets the tree boot here as an EC2 instance, and the way this host reaches packages.

`python -m local.aws.image` makes the image if it is missing and prints where it is.
"""

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from local.aws import certificates, folders, old_images
from local.aws.apt import SUITE, HostApt, host_apt
from local.aws.run import run
from local.errors import LocalError
from local.progress import step

# Of the lists in debian-cloud-images (classes BASE, CLOUD, EC2, EXTRAS), what does not drive hardware or an
# editor's habits. On EC2 there are more; so a script must not rely on a package because it is here.
_PACKAGES = (
    "apt-utils",
    "ca-certificates",
    "cloud-init",
    "cron",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "less",
    "libpam-systemd",
    "logrotate",
    "netbase",
    "openssh-server",
    "procps",
    "sudo",
    "systemd-sysv",
    "xz-utils",
    "zstd",
)

# The source is named because it must not be guessed from hardware that a container lacks. The addresses are
# given by the ground. One kind of SSH key is enough: each takes time of every boot.
_CLOUD_CONFIG = """\
datasource_list: [Ec2]
datasource:
  Ec2:
    strict_id: false
    metadata_urls: ["http://169.254.169.254"]
    timeout: 5
network: {config: disabled}
locale: C.UTF-8
manage_etc_hosts: true
ssh_genkeytypes: [ed25519]
system_info: {default_user: {name: admin}}
"""

_FILES = {"etc/cloud/cloud.cfg.d/90_ec2.cfg": _CLOUD_CONFIG}

# It would ask for an address by DHCP and wait; the source is found in the network stage all the same.
_MASKED_UNITS = ("cloud-init-local.service",)
_ENABLED_UNITS = ("systemd-networkd.service",)

# Of the build, or of the host that built: a machine gets its own.
_NOT_KEPT = ("etc/dpkg/dpkg.cfg.d/99mmdebstrap", "etc/hostname", "etc/resolv.conf")

_ROOT = "usr/local/share/ca-certificates/compute-instances-local-aws.crt"


@dataclass(frozen=True)
class Recipe:
    """Everything an image is made from; the same recipe makes the same image."""

    apt: HostApt
    root_pem: bytes
    """Certificate of the authority that machines are to trust."""

    @property
    def key(self) -> str:
        """16 hex digits that change with the recipe and with any file it reads."""
        files = (*self.apt.sources, *self.apt.files)
        read = {str(path): sha256(path.read_bytes()).hexdigest() for path in files}
        fixed = (SUITE, _PACKAGES, _FILES, _MASKED_UNITS, _ENABLED_UNITS, _NOT_KEPT)
        whole = [asdict(self.apt), read, self.root_pem.decode(), fixed]
        return sha256(json.dumps(whole, default=str, sort_keys=True).encode()).hexdigest()[:16]


def recipe() -> Recipe:
    """The recipe for this user on this host. Raises LocalError where no image can be made."""
    return Recipe(host_apt(), certificates.authority().root_pem)


def path() -> Path:
    """Where the image is, or will be."""
    return _place(recipe())


def is_built() -> bool:
    """Whether the image is there. Raises LocalError where no image can be made."""
    return certificates.are_there() and path().exists()


def ensure() -> Path:
    """Make the image if it is missing, and return where it is. Raises LocalError when it cannot be made."""
    wanted = recipe()
    place = _place(wanted)
    with folders.locked(place.parent):
        if not place.exists():
            with step("machine image"):
                _build(wanted, place)
        if os.geteuid() == 0:
            old_images.keep_house(place)
    return place


def _place(wanted: Recipe) -> Path:
    return folders.cache() / "image" / wanted.key


def _build(wanted: Recipe, place: Path) -> None:
    """Build beside `place` and rename, so that a tree of this name is always whole."""
    tree = place.with_name("building")
    if os.geteuid() != 0:
        raise LocalError("a machine image can only be made by root", hint="run the command with sudo")
    # The lock is ours, so this is what a killed build left.
    shutil.rmtree(tree, ignore_errors=True)
    run(*_mmdebstrap(wanted.apt, tree))
    _take_over(wanted.apt.files, tree)
    _write(wanted, tree)
    _switch_units(tree)
    run("chroot", tree, "update-ca-certificates")
    tree.rename(place)


def _mmdebstrap(apt: HostApt, tree: Path) -> list[str | Path]:
    options = [f"--aptopt={option}" for option in apt.options]
    # A power cut leaves no half image: the tree gets its name only at the end.
    unsafe = "--dpkgopt=force-unsafe-io"
    packages = f"--include={','.join(_PACKAGES)}"
    how = ("--mode=root", "--variant=minbase", "--quiet", packages, unsafe)
    return ["mmdebstrap", *how, *options, SUITE, tree, *apt.sources]


def _take_over(files: tuple[Path, ...], tree: Path) -> None:
    for file in files:
        copy = tree / file.relative_to("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        # A link in the tree may point out of it: replaced, not followed.
        copy.unlink(missing_ok=True)
        shutil.copy2(file, copy)


def _write(wanted: Recipe, tree: Path) -> None:
    for name, content in _FILES.items():
        (tree / name).write_text(content, encoding="utf-8")
    for name in _NOT_KEPT:
        (tree / name).unlink(missing_ok=True)
    (tree / _ROOT).write_bytes(wanted.root_pem)


def _switch_units(tree: Path) -> None:
    run("systemctl", f"--root={tree}", "mask", *_MASKED_UNITS)
    run("systemctl", f"--root={tree}", "enable", *_ENABLED_UNITS)


def main() -> int:
    """Print the image's path; exit code 1 with the reason when it cannot be made."""
    try:
        sys.stdout.write(f"{ensure()}\n")
    except LocalError as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
