"""How this host reaches Debian's packages, so that machines can reach them likewise.

A machine has no other way: behind a mirror, a proxy or a company's certificate, the addresses in
Debian's own image lead nowhere.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from local.aws.run import run
from local.errors import LocalError

SUITE = "bookworm"

# How to fetch, but not what: translations, DEP-11 and the like stay as the image has them.
_HOW_TO_FETCH = re.compile(r"Acquire::(https?|ftp|Check-|M(in|ax)-|Allow|Retries|Force|Queue)", re.IGNORECASE)

_TRUST_AND_LOGINS = (
    "/etc/apt/auth.conf",
    "/etc/apt/auth.conf.d",
    "/etc/apt/keyrings",
    "/etc/apt/mirrors",
    "/etc/apt/trusted.gpg",
    "/etc/apt/trusted.gpg.d",
    "/usr/share/keyrings",
    "/usr/local/share/ca-certificates",
)


@dataclass(frozen=True, kw_only=True)
class HostApt:
    """What a machine image takes over from this host."""

    sources: tuple[Path, ...]
    """The files that name Debian's archive, `.list` or deb822."""

    options: tuple[str, ...]
    """Lines of apt.conf."""

    files: tuple[Path, ...]
    """Keys, logins, mirror lists and certificates: to stand at the same place in the image."""


def host_apt() -> HostApt:
    """Ask this host's apt. Raises LocalError when no source offers Debian 12."""
    sources = debian_sources(run("apt-get", "indextargets", "Created-By: Packages"))
    if not sources:
        raise LocalError(
            f"no apt source of this host offers Debian {SUITE}, which the machines are made of",
            hint="name one in /etc/apt/sources.list.d, then: apt-get update",
        )
    options = tuple(filter(_HOW_TO_FETCH.match, run("apt-config", "dump").splitlines()))
    return HostApt(sources=sources, options=options, files=_files(*map(Path, _TRUST_AND_LOGINS)))


def debian_sources(index_targets: str) -> tuple[Path, ...]:
    """The source files that name Debian's archive of our suite, from `apt-get indextargets` (apt-get(8)).

    Other archives call their suites bookworm too; the fetched list tells the origin.
    """
    stanzas = [dict(_fields(stanza)) for stanza in index_targets.split("\n\n")]
    entries = {
        stanza["Sourcesentry"]
        for stanza in stanzas
        if stanza.get("Release", "").startswith(SUITE) and stanza.get("Origin", "Debian") == "Debian"
    }
    return tuple(sorted({Path(entry.rpartition(":")[0]) for entry in entries}))


def _fields(stanza: str) -> list[tuple[str, str]]:
    lines = (line.partition(": ") for line in stanza.splitlines())
    return [(name, value) for name, _, value in lines]


def _files(*roots: Path) -> tuple[Path, ...]:
    found = [path for root in roots for path in (root, *root.rglob("*"))]
    return tuple(sorted(path for path in found if path.is_file()))
