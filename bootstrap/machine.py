"""What every machine is, whatever runs on it: as the post has it, but encrypted and on IMDSv2."""

from collections.abc import Mapping
from typing import Any, Final

MACHINE: Final[Mapping[str, Any]] = {
    "associate_public_ip_address": True,
    "instance_initiated_shutdown_behavior": "terminate",
    "metadata_options": {
        "http_endpoint": "enabled",
        "http_tokens": "required",
        "http_put_response_hop_limit": 1,
    },
    "root_block_device": {
        "volume_size": 8,
        "volume_type": "gp3",
        "encrypted": True,
        "delete_on_termination": True,
    },
}
"""Arguments of aws.ec2.Instance. They are in every version: a change makes new instances, gate by gate."""
