"""The Pulumi components: apps become instances, and no old one goes before every new one is proved."""

from fleet.commit import checked_out, declare_commit
from fleet.config import stack_settings
from fleet.fleet import Fleet

__all__ = ["Fleet", "checked_out", "declare_commit", "stack_settings"]
