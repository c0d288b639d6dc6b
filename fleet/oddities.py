"""What is odd, but allowed: it would work, but hardly as its writer means it. Pure."""

from collections.abc import Iterator

from fleet.offer import XEN, Offer
from manifest import Process


def oddities_of_offer(offer: Offer) -> Iterator[str]:
    """What AWS did not answer, in one text."""
    if offer.unanswered:
        what = "; ".join(f"{what} ({why})" for what, why in offer.unanswered.items())
        yield f"AWS could not be asked for {what}: what is wrong there shows at a launch, not in a preview"


def oddities_of_launch(process: Process, offer: Offer) -> Iterator[str]:
    """Of a process that has instances."""
    if process.port and not process.allow_from:
        yield f"{process.label}: nobody can reach port {process.port}, because allow_from is empty"
    kind = offer.type(process.instance_type)
    if kind and kind.hypervisor == XEN:
        yield (
            f"{process.label}: AWS shows the console of a {process.instance_type} late and seldom, so an "
            "instance may need minutes to be proved, or fail its deadline unseen; types on Nitro, such as "
            "t3.micro, prove themselves in seconds"
        )
