"""From an `App` to the user-data script that makes an instance, and back: the report that the script prints.

This room makes no AWS call and knows no Pulumi. `python -m bootstrap APP --stack STACK` prints a script.
"""

from bootstrap.machine import machine_of
from bootstrap.report import Failure, Report, parse_report
from bootstrap.script import SCRIPT_MAX, Script, render
from bootstrap.slug import Grant, PackedSlug, Slug, bucket_name, slug_of

__all__ = [
    "SCRIPT_MAX",
    "Failure",
    "Grant",
    "PackedSlug",
    "Report",
    "Script",
    "Slug",
    "bucket_name",
    "machine_of",
    "parse_report",
    "render",
    "slug_of",
]
