"""What a preview warns of: it would work, but hardly as its writer means it."""

import pulumi

from fleet.types import XEN, InstanceTypes
from manifest import Process


def warn_of(process: Process, types: InstanceTypes) -> None:
    """Says what is odd about a process that has instances."""
    if process.port and not process.allow_from:
        pulumi.log.warn(f"{process.label}: nobody can reach port {process.port}, because allow_from is empty")
    types.hypervisor(process.instance_type).apply(lambda found: _warn_of_late_console(process, found))


def _warn_of_late_console(process: Process, hypervisor: str) -> None:
    if hypervisor == XEN:
        pulumi.log.warn(
            f"{process.label}: AWS shows the console of a {process.instance_type} late and seldom, so an "
            "instance may need minutes to be proved, or fail its deadline unseen; types on Nitro, such as "
            "t3.micro, prove themselves in seconds"
        )
