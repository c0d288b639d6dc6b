"""The machines the metadata service knows, from the API's state at the moment of asking.

Not earlier: a role is attached after the launch, an image or a group may change.
"""

import json
from datetime import datetime, timedelta
from functools import partial

from moto.backends import get_backend
from moto.core.utils import utcnow
from moto.sts.models import AssumedRole

from local.aws.api.account import ACCOUNT, REGION
from local.aws.api.backend import LocalBackend
from local.aws.api.instance import LocalInstance
from local.aws.api.world import WORLD
from local.aws.metadata.service import Client
from local.aws.metadata.tree import Facts, Key, Network, Role, tree

_LIFETIME = timedelta(hours=6)
_RENEWAL = timedelta(hours=1)
"""Before the end. AWS promises new credentials at least five minutes before the old ones expire."""


class Instances:
    """Looks machines up for the metadata service."""

    def __init__(self, backend: LocalBackend) -> None:
        self._backend = backend
        self._credentials: dict[tuple[str, str], AssumedRole] = {}

    def find(self, address: str) -> Client | None:
        """The instance with this private address whose machine may be there."""
        with WORLD:
            for instance in self._backend.all_instances():
                if instance.private_ip == address and instance.state != "terminated":
                    return self._client(instance)
        return None

    def _client(self, instance: LocalInstance) -> Client:
        options = instance.metadata_options
        return Client(
            id=instance.id,
            tree=tree(self._facts(instance)),
            tokens_required=options.http_tokens == "required",
            enabled=options.http_endpoint == "enabled",
        )

    def _facts(self, instance: LocalInstance) -> Facts:
        backend = self._backend
        return Facts(
            id=instance.id,
            account=backend.account_id,
            region=backend.region_name,
            zone=instance.placement.zone,
            zone_id=backend.get_subnet(instance.subnet_id).availability_zone_id,
            image=instance.image_id,
            type=instance.instance_type,
            architecture=instance.architecture,
            reservation=_reservation(backend, instance),
            launch_index=instance.ami_launch_index,
            launched=_iso(instance.launch_time),
            hostname=instance.private_dns_name,
            public_hostname=instance.public_dns_name,
            network=_network(backend, instance),
            key=_key(backend, instance.key_name),
            role=self._role(instance),
            user_data=instance.script(),
        )

    def _role(self, instance: LocalInstance) -> Role | None:
        association = self._backend.iam_instance_profile_associations.get(instance.id)
        if association is None or not association.iam_instance_profile.roles:
            return None
        if not self._backend.knows_role_of(instance):
            return None
        profile = association.iam_instance_profile
        role = profile.roles[0]
        return Role(
            name=role.name,
            profile_arn=profile.arn,
            profile_id=profile.id,
            credentials=partial(self._credentials_of, instance.id, role.arn),
        )

    def _credentials_of(self, instance: str, role_arn: str) -> str:
        session = self._session(instance, role_arn)
        return json.dumps(
            {
                "Code": "Success",
                "LastUpdated": _iso(session.expiration - _LIFETIME),
                "Type": "AWS-HMAC",
                "AccessKeyId": session.access_key_id,
                "SecretAccessKey": session.secret_access_key,
                "Token": session.session_token,
                "Expiration": _iso(session.expiration),
            },
            indent=2,
        )

    def _session(self, instance: str, role_arn: str) -> AssumedRole:
        with WORLD:
            session = self._credentials.get((instance, role_arn))
            if session is None or session.expiration - utcnow() < _RENEWAL:
                session = _assume(role_arn, instance)
                self._credentials[instance, role_arn] = session
        return session


def _assume(role_arn: str, instance: str) -> AssumedRole:
    return get_backend("sts")[ACCOUNT]["aws"].assume_role(
        region_name=REGION,
        role_session_name=instance,
        role_arn=role_arn,
        policy=None,
        duration=int(_LIFETIME.total_seconds()),
        external_id=None,
    )


def _network(backend: LocalBackend, instance: LocalInstance) -> Network:
    interface = instance.nics[0]
    subnet = backend.get_subnet(instance.subnet_id)
    return Network(
        interface=interface.id,
        mac=interface.mac_address,
        private_ip=instance.private_ip,
        public_ip=instance.public_ip,
        subnet=subnet.id,
        subnet_cidr=subnet.cidr_block,
        vpc=subnet.vpc_id,
        vpc_cidr=backend.get_vpc(subnet.vpc_id).cidr_block,
        groups={group.id: group.name for group in instance.security_groups},
    )


def _key(backend: LocalBackend, name: str | None) -> Key | None:
    pair = backend.key_pairs.get(name)
    return Key(name=pair.key_name, material=pair.public_key) if pair else None


def _reservation(backend: LocalBackend, instance: LocalInstance) -> str:
    return next((one.id for one in backend.all_reservations() if instance in one.instances), "")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
