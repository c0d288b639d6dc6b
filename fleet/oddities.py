"""What a preview warns of: it would work, but hardly as its writer means it."""

import pulumi

from fleet.region import XEN, Region
from manifest import Process


def warn_of(process: Process, region: Region) -> None:
    """Says what is odd about a process that has instances."""
    if process.port and not process.allow_from:
        pulumi.log.warn(f"{process.label}: nobody can reach port {process.port}, because allow_from is empty")
    kind = region.type(process.instance_type)
    if kind and kind.hypervisor == XEN:
        pulumi.log.warn(
            f"{process.label}: AWS shows the console of a {process.instance_type} late and seldom, so an "
            "instance may need minutes to be proved, or fail its deadline unseen; types on Nitro, such as "
            "t3.micro, prove themselves in seconds"
        )


def warn_of_silence(region: Region) -> None:
    """Says once what AWS did not answer."""
    if region.unanswered:
        what = "; ".join(f"{what} ({why})" for what, why in region.unanswered.items())
        pulumi.log.warn(
            f"AWS could not be asked for {what}: what is wrong there shows at a launch, not in a preview"
        )
