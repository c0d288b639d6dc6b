"""What every machine is, whatever runs on it: as the post has it, but encrypted and on IMDSv2."""

from collections.abc import Mapping
from typing import Any

from manifest import Process


def machine_of(process: Process) -> Mapping[str, Any]:
    """Arguments of aws.ec2.Instance. They are in the version: a change makes new instances, gate by gate."""
    return {
        "associate_public_ip_address": process.public_ip,
        "instance_initiated_shutdown_behavior": "terminate",
        "metadata_options": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        "root_block_device": {
            "volume_size": process.root_volume.size,
            "volume_type": process.root_volume.type,
            "encrypted": True,
            "delete_on_termination": True,
        },
    }
