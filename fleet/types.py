"""What AWS says of instance types: each is asked about once, however many processes use it."""

from collections.abc import Sequence
from typing import Any, Final

import pulumi
import pulumi_aws as aws

XEN: Final = "xen"
"""The older hypervisor: its consoles are posted late.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
"""


class InstanceTypes:
    """Look-ups of one update."""

    def __init__(self) -> None:
        self._found: dict[str, pulumi.Output[aws.ec2.GetInstanceTypeResult]] = {}

    def zones(self, name: str) -> pulumi.Output[Sequence[str]]:
        """The zones of the region that offer the type; none where nothing offers it."""
        return aws.ec2.get_instance_type_offerings_output(
            filters=[{"name": "instance-type", "values": [name]}], location_type="availability-zone"
        ).locations

    def vcpus(self, name: str) -> pulumi.Output[int]:
        """Virtual CPUs of one instance."""
        return self._of(name).apply(lambda found: found.default_vcpus)

    def hypervisor(self, name: str) -> pulumi.Output[str]:
        """`nitro`, XEN, or empty for bare metal."""
        return self._of(name).apply(lambda found: found.hypervisor)

    def asked(self) -> Sequence[pulumi.Output[Any]]:
        """Every answer so far, known or not."""
        return [*self._found.values()]

    def _of(self, name: str) -> pulumi.Output[aws.ec2.GetInstanceTypeResult]:
        if name not in self._found:
            self._found[name] = aws.ec2.get_instance_type_output(instance_type=name)
        return self._found[name]
