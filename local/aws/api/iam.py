"""IAM whose roles may do what a policy grants only after the lag; IAM itself answers without."""

from types import ModuleType

from moto.iam import urls
from moto.iam.access_control import AssumedRoleAccessKey
from moto.iam.models import IAMBackend, ManagedPolicy

from local.aws.api.lag import Lag


class LocalIam(IAMBackend):  # type: ignore[misc]  # moto is not typed for us
    """The IAM of an account. Only additions lag: what is taken away is away at once."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lag = Lag()
        self._earlier: dict[tuple[str, str], str | None] = {}
        """By role and name, what a policy said that has been put anew since."""

    @property
    def _url_module(self) -> ModuleType:
        # moto finds a backend's URLs by the name of its module, which is not ours.
        return urls  # type: ignore[no-any-return]

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        before = self._effective(role_name, policy_name)
        super().put_role_policy(role_name, policy_name, policy_json)
        self._earlier[role_name, policy_name] = before
        self.lag.told(role_name, policy_name)

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        super().attach_role_policy(policy_arn, role_name)
        self.lag.told(role_name, policy_arn)

    def effective_policies(self, role_name: str) -> list[str | ManagedPolicy]:
        """What decides now about the role's requests: documents of its own, and managed policies."""
        own = [self._effective(role_name, name) for name in self.list_role_policies(role_name)]
        attached, _ = self.list_attached_role_policies(role_name)
        managed = [policy for policy in attached if self.lag.known(role_name, policy.arn)]
        return [document for document in own if document is not None] + managed

    def _effective(self, role_name: str, policy_name: str) -> str | None:
        if not self.lag.known(role_name, policy_name):
            return self._earlier.get((role_name, policy_name))
        policies: dict[str, str] = self.get_role(role_name).policies
        return policies.get(policy_name)


class LocalRoleKey(AssumedRoleAccessKey):  # type: ignore[misc]
    """The credentials of a role, as every service's check of permissions sees them."""

    def collect_policies(self) -> list[str | ManagedPolicy]:
        policies: list[str | ManagedPolicy] = self.backend.effective_policies(self._owner_role_name)
        return policies
