"""KMS keys that CloudFormation makes and deletes as on AWS."""

import json
from typing import Any

from moto.kms.models import Key, kms_backends

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
PENDING_DAYS = 30
"""How long a deleted key can be had back, unless its template says otherwise, which moto does not keep."""


class LocalKey(Key):  # type: ignore[misc]  # moto is not typed for us
    """moto takes a template's policy as the map that it is there, and cannot read it later."""

    def __init__(self, policy: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - moto's own
        super().__init__(policy if isinstance(policy, str | None) else json.dumps(policy), *args, **kwargs)

    def delete(self, account_id: str, region_name: str) -> None:
        """It stays pending; those of moto are gone at once."""
        kms_backends[account_id][region_name].schedule_key_deletion(self.id, PENDING_DAYS)
