"""What EC2 refuses at a launch and moto does not, and which subnet is meant if none is named."""

import base64
from functools import cache
from types import SimpleNamespace
from typing import Any

from moto.core.types import Base64EncodedString
from moto.ec2 import urls
from moto.ec2.exceptions import EC2ClientError, UnvailableAMIIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami
from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociation
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES
from moto.ec2.models.instances import Reservation
from moto.ec2.models.subnets import Subnet

from local.aws.api.account import ARCHITECTURE, REGION
from local.aws.api.answers import LocalResponse
from local.aws.api.instance import LocalInstance
from local.aws.api.lag import Lag
from local.aws.consoles import Consoles

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
USER_DATA_LIMIT = 16384
"""Bytes, before base64."""


class LocalBackend(EC2Backend):  # type: ignore[misc]  # moto is not typed for us
    """One region's EC2. Instances begin as `pending` and wait for their machines."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.consoles = Consoles()
        self.lag = Lag()

    @property
    def _url_module(self) -> SimpleNamespace:
        # moto finds a backend's URLs by the name of its module, which is not ours.
        return SimpleNamespace(url_bases=urls.url_bases, url_paths={"{0}/": LocalResponse.dispatch})

    def run_instances(
        self,
        image_id: str,
        count: int,
        user_data: Base64EncodedString | None,
        security_group_names: list[str],
        **kwargs: object,
    ) -> Reservation:
        self._refuse_launch(user_data)
        self._refuse_image(image_id, str(kwargs["instance_type"]))
        self._place(kwargs)
        reservation = super().run_instances(image_id, count, user_data, security_group_names, **kwargs)
        for instance in reservation.instances:
            instance.complete = True
        return reservation

    def register_image(self, name: str | None = None, description: str | None = None) -> Ami:
        """Moto leaves open what its machines can run; ours can run what this one's can."""
        image = super().register_image(name, description)
        image.architecture = ARCHITECTURE
        return image

    def associate_iam_instance_profile(
        self, instance_id: str, *args: object, **kwargs: object
    ) -> IamInstanceProfileAssociation:
        association = super().associate_iam_instance_profile(instance_id, *args, **kwargs)
        self.lag.told(instance_id)
        return association

    def knows_role_of(self, instance: LocalInstance) -> bool:
        """Whether its profile was attached so long ago that the machine gets credentials."""
        return self.lag.known(instance.id)

    def forget(self, instance: LocalInstance) -> None:
        """Describe the instance no more."""
        for reservation in list(self.reservations.values()):
            if instance in reservation.instances:
                reservation.instances.remove(instance)
                if not reservation.instances:
                    del self.reservations[reservation.id]

    def _refuse_launch(self, user_data: Base64EncodedString | None) -> None:
        if self.region_name != REGION:
            raise EC2ClientError("UnsupportedOperation", f"The local AWS has machines in {REGION} only.")
        if user_data and len(base64.b64decode(str(user_data))) > USER_DATA_LIMIT:
            raise EC2ClientError("InvalidParameterValue", f"User data is limited to {USER_DATA_LIMIT} bytes")

    def _refuse_image(self, image_id: str, instance_type: str) -> None:
        """What does not exist at all, image or type, moto refuses."""
        image = self.amis.get(image_id)
        if image_id in self.deleted_amis or (image and image.state != "available"):
            raise UnvailableAMIIdError(image_id)
        kinds = INSTANCE_TYPES.get(instance_type, {}).get("ProcessorInfo", {}).get("SupportedArchitectures")
        if image and kinds and image.architecture not in kinds:
            raise _other_architecture(kinds[0], image.architecture)

    def _place(self, launch: dict[str, Any]) -> None:
        """Put the launch into a default subnet unless it names one; moto would take it for EC2-Classic."""
        offered = _zones_of(launch["instance_type"])
        named = launch.get("subnet_id") or _subnet_of(launch.get("nics") or [])
        if not named:
            launch["subnet_id"] = self._default_subnet(launch.get("placement"), offered).id
            return
        subnet = self.get_subnet(named)
        if subnet.vpc_id != self.default_vpc.id:
            raise EC2ClientError(
                "UnsupportedOperation", "The local AWS has machines in the default VPC only."
            )
        if offered and subnet.availability_zone not in offered:
            raise _not_offered(launch["instance_type"], subnet.availability_zone, offered)

    def _default_subnet(self, zone: str | None, offered: frozenset[str]) -> Subnet:
        subnets = self.get_default_subnets()
        zones = [zone] if zone else sorted(offered & subnets.keys()) or sorted(subnets)
        if zones[0] not in subnets:
            raise EC2ClientError("InvalidInput", f"No default subnet for availability zone: '{zone}'.")
        return subnets[zones[0]]


def _subnet_of(interfaces: list[dict[str, Any]]) -> str | None:
    return next((one["SubnetId"] for one in interfaces if one.get("SubnetId")), None)


@cache
def _zones_of(instance_type: str) -> frozenset[str]:
    """The zones that offer the type; none for a type that does not exist, which moto then refuses."""
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"][REGION]
    return frozenset(offer["Location"] for offer in offers if offer["InstanceType"] == instance_type)


def _other_architecture(of_type: str, of_image: str) -> EC2ClientError:
    return EC2ClientError(
        "InvalidParameterValue",
        f"The architecture '{of_type}' of the specified instance type does not match the architecture"
        f" '{of_image}' of the specified AMI. Specify an instance type and an AMI that have matching"
        " architectures, and try again.",
    )


def _not_offered(instance_type: str, zone: str, offered: frozenset[str]) -> EC2ClientError:
    return EC2ClientError(
        "Unsupported",
        f"Your requested instance type ({instance_type}) is not supported in your requested Availability Zone"
        f" ({zone}). Please retry your request by not specifying an Availability Zone or choosing"
        f" {', '.join(sorted(offered))}.",
    )
