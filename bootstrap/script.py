"""The user-data script of one process."""

import base64
import gzip
import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bootstrap.machine import machine_of
from bootstrap.slug import PackedSlug, Slug
from manifest import HASH_LENGTH, ManifestError, Problem, Process, Runtime, Settings

SCRIPT_MAX: Final = 16 * 1024
"""Bytes of user data before base64.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
"""

_RUNTIME_PACKAGES: Final[Mapping[Runtime, tuple[str, ...]]] = {
    "none": (),
    "ruby": ("ruby",),
    "python": ("python3",),
    "node": ("nodejs",),
    "java": ("openjdk-17-jre-headless",),
}
"""Debian 12's: Ruby 3.1, Python 3.11, Node 18, Java 17."""

_NO_VERSION: Final = "0" * HASH_LENGTH
_VERSION_LINE: Final = "readonly version="

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    comment_start_string="{##",  # bash's own ${#name} is no comment
    comment_end_string="##}",
    autoescape=False,  # noqa: S701 - a shell script; every value goes through the filter `quote`
)
_templates.filters["quote"] = lambda value: shlex.quote(str(value))


@dataclass(frozen=True)
class Script:
    """A rendered script. `version` names the process's whole make-up: whatever must replace an instance."""

    text: str
    version: str

    @property
    def compressed(self) -> str | None:
        """The script gzipped, in base64, where it is too long to go as it is; cloud-init unpacks it."""
        raw = self.text.encode()
        return base64.b64encode(gzip.compress(raw, mtime=0)).decode() if len(raw) > SCRIPT_MAX else None


def render(process: Process, slug: Slug, settings: Settings) -> Script:
    """The script that makes an instance of `process`, the same text for the same values.

    Raises ManifestError when the script is larger than AWS takes even compressed.
    """
    text = _templates.get_template("user-data.sh.j2").render(
        label=process.label,
        stack=settings.stack,
        region=settings.region,
        version=_NO_VERSION,
        packages=_packages(process),
        slug=slug,
        packed=isinstance(slug, PackedSlug),
        cmd=process.cmd,
        port=process.port,
        env=process.env,
        healthcheck=process.healthcheck,
        min_healthy_time=process.deploy.min_healthy_time,
    )
    version = _version(text, process)
    script = Script(text.replace(_VERSION_LINE + _NO_VERSION, _VERSION_LINE + version, 1), version)
    _refuse_too_long(script, process)
    return script


def _packages(process: Process) -> tuple[str, ...]:
    """Each once, in an order of its own: one that was named before is not another script."""
    named = {*_RUNTIME_PACKAGES[process.runtime], *process.packages}
    return ("runit", "runit-run", *sorted(named - {"runit", "runit-run"}))


def _version(text: str, process: Process) -> str:
    """The hash of everything that must replace an instance; fleet/arguments.py lists the arguments."""
    parts = [
        text,
        process.image_id,
        process.instance_type,
        process.key_name,
        sorted(process.subnets),
        machine_of(process),
        process.deploy.generation,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:HASH_LENGTH]


def _refuse_too_long(script: Script, process: Process) -> None:
    if script.compressed and len(base64.b64decode(script.compressed)) > SCRIPT_MAX:
        text = (
            f"the script of {process.label} has {len(script.text.encode())} bytes, even compressed more than "
            f"the {SCRIPT_MAX} that AWS takes; move long values of env into the slug"
        )
        raise ManifestError([Problem(process.places.file, 0, text)])
