"""EC2's answers that come from machines."""

import base64
from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.responses import EC2Response
from moto.iam.exceptions import NotFoundException

from local.aws.api.instance import DEFAULT_VOLUME_GIB, LocalInstance


class LocalResponse(EC2Response):  # type: ignore[misc]  # moto is not typed for us
    """EC2 over HTTP. Actions that are not here are moto's."""

    def run_instances(self) -> ActionResult:
        self._fill_volumes(self.params.get("BlockDeviceMappings") or [])
        try:
            result = super().run_instances()
        except NotFoundException as error:
            # What a profile that IAM has not told EC2 about yet looks like: callers try again on this code.
            raise EC2ClientError(
                "InvalidParameterValue", f"Invalid IAM Instance Profile name: {error.message}"
            ) from error
        self._give_all_the_profile(result.result.instances)
        return result

    def get_console_output(self) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        latest = self._get_bool_param("Latest", if_none=False)
        if latest and not has_live_console(instance.instance_type):
            raise EC2ClientError(
                "UnsupportedOperation",
                "This instance type does not support retrieving the latest console logs.",
            )
        output = self.ec2_backend.consoles.read(instance.id, latest=latest)
        answer = {"InstanceId": instance.id, "Timestamp": utcnow()}
        if output is not None:
            # From bytes: a console is not always UTF-8.
            answer["Output"] = Base64EncodedString(base64.b64encode(output).decode())
        return ActionResult(answer)

    def _fill_volumes(self, mappings: list[dict[str, Any]]) -> None:
        # moto demands a size; AWS takes that of the image, as for a mapping that only asks for encryption.
        for mapping in mappings:
            if "Ebs" in mapping and not mapping["Ebs"].get("SnapshotId"):
                mapping["Ebs"].setdefault("VolumeSize", DEFAULT_VOLUME_GIB)

    def _give_all_the_profile(self, instances: list[LocalInstance]) -> None:
        # moto gives it to the first instance of a launch.
        name = self._get_param("IamInstanceProfile.Name")
        arn = self._get_param("IamInstanceProfile.Arn")
        for instance in instances[1:] if name or arn else []:
            self.ec2_backend.associate_iam_instance_profile(
                instance.id, iam_instance_profile_name=name, iam_instance_profile_arn=arn
            )


def has_live_console(instance_type: str) -> bool:
    """Whether GetConsoleOutput takes Latest: types on the Nitro system, not those on Xen (t2, m4...).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
    """
    hypervisor = INSTANCE_TYPES.get(instance_type, {}).get("Hypervisor")
    return bool(hypervisor != "xen")
