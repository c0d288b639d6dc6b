"""What keys must be together. Pure."""

from collections.abc import Iterator

from manifest.model import AppFile, ProcessKeys
from manifest.origins import KeyPath

Fault = tuple[tuple[KeyPath, str], ...]
"""Places that could be mended, each with what is wrong there; it is told at one that somebody wrote."""


def faults_of_release(app: AppFile) -> Iterator[Fault]:
    """Of what all processes share."""
    if bool(app.slug_url) == bool(app.source):
        yield (((), "needs one of slug_url and source" + (", not both" if app.source else "")),)
    if app.slug_sha256 and not app.slug_url:
        yield ((("slug_sha256",), "goes with slug_url; a source is checked by itself"),)


def faults_of_process(keys: ProcessKeys) -> Iterator[Fault]:
    """Of one process with all that it inherits."""
    if keys.cmd is None:
        yield ((("cmd",), "is missing"),)
    yield from _not_before_deadline(keys, ("deploy", "min_healthy_time"), keys.deploy.min_healthy_time)
    yield from _not_before_deadline(keys, ("healthcheck", "start_timeout"), keys.healthcheck.start_timeout)
    yield from _checks_before_deadline(keys)
    if keys.port is None and keys.healthcheck.path:
        yield ((("healthcheck", "path"), "needs a port"),)
    if keys.port is None and keys.allow_from:
        yield ((("allow_from",), "needs a port"),)


def _not_before_deadline(keys: ProcessKeys, path: KeyPath, seconds: int) -> Iterator[Fault]:
    deadline = keys.deploy.healthy_deadline
    if seconds >= deadline:
        name = ".".join(str(part) for part in path)
        yield (
            (path, f"must be shorter than deploy.healthy_deadline, which is {deadline} s"),
            (("deploy", "healthy_deadline"), f"must be longer than {name}, which is {seconds} s"),
        )


def _checks_before_deadline(keys: ProcessKeys) -> Iterator[Fault]:
    """So many healthy checks in a row take this long, however healthy the app is."""
    deadline, check = keys.deploy.healthy_deadline, keys.healthcheck
    seconds = (check.threshold - 1) * check.interval
    if seconds >= deadline:
        together = f"{check.threshold} checks, {check.interval} s apart, need {seconds} s"
        late = f"{together}; deploy.healthy_deadline is {deadline} s"
        yield (
            (("healthcheck", "interval"), late),
            (("healthcheck", "threshold"), late),
            (("deploy", "healthy_deadline"), f"must be longer: {together}"),
        )
