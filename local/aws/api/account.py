"""The account this AWS is born with: an administrator and one machine image."""

from dataclasses import dataclass, field

from moto.backends import get_backend
from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami

ACCOUNT = "123456789012"
REGION = "us-east-1"

IMAGE_ID = "ami-0c0ffee0000000012"
IMAGE_NAME = "debian-12-amd64-local"
DEBIAN = "136693071363"
"""The account that the official images belong to: https://wiki.debian.org/Cloud/AmazonEC2Image"""
ARCHITECTURE = "x86_64"

ADMIN = "admin"
_EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


@dataclass(frozen=True)
class AccessKey:
    id: str
    secret: str = field(repr=False)


def create_admin() -> AccessKey:
    """A user who may do everything, and a key of his."""
    iam = get_backend("iam")[ACCOUNT]["aws"]
    iam.create_user(REGION, ADMIN)
    iam.put_user_policy(ADMIN, "everything", _EVERYTHING)
    key = iam.create_access_key(ADMIN)
    return AccessKey(key.access_key_id, key.secret_access_key)


def create_image(backend: EC2Backend) -> None:
    """The image all machines boot, with the root device that Debian's own image has."""
    backend.amis[IMAGE_ID] = Ami(
        backend,
        IMAGE_ID,
        name=IMAGE_NAME,
        description="Debian 12 as systemd-nspawn boots it",
        owner_id=DEBIAN,
        public=True,
        virtualization_type="hvm",
        hypervisor="xen",
        architecture=ARCHITECTURE,
        root_device_type="ebs",
        root_device_name="/dev/xvda",
    )
