"""Roles, their policies and profiles against a moto server, over the wire."""

import json

import grpc
import pytest

from tests.local.provider.driver import POLICY, PROFILE, READ, ROLE, TRUST
from tests.local.provider.sdk import known_to_the_sdk

ACCOUNT = "123456789012"


class TestRole:
    def test_a_role_with_a_policy_in_a_profile(self, plugin, cloud):
        role = plugin.create(ROLE, assumeRolePolicy=TRUST, description="of hello", tags={"app": "hello"})
        policy = plugin.create(POLICY, role=role.id, policy=READ)
        profile = plugin.create(PROFILE, role=role.id, tags={"app": "hello"})
        iam = cloud.client("iam")
        assert iam.get_role(RoleName=role.id)["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
        held = iam.get_instance_profile(InstanceProfileName=profile.id)["InstanceProfile"]
        assert [each["RoleName"] for each in held["Roles"]] == [role.id]
        assert policy.id == f"{role.id}:{policy.inputs['name']}"
        assert role.outputs["arn"] == f"arn:aws:iam::{ACCOUNT}:role/{role.id}"
        assert profile.outputs["arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/{profile.id}"
        for made in (role, policy, profile):
            assert known_to_the_sdk(made)
            assert plugin.unchanged(made)
        assert plugin.read(ROLE, role.id).inputs["assumeRolePolicy"] == TRUST
        assert all(plugin.gone(made) for made in (policy, profile, role))

    def test_a_document_keeps_the_program_s_own_words(self, plugin, cloud):
        spaced = json.dumps(json.loads(TRUST), indent=4)
        role = plugin.create(ROLE, assumeRolePolicy=spaced)
        assert role.outputs["assumeRolePolicy"] == spaced
        assert plugin.unchanged(role)
        other = TRUST.replace("ec2", "ssm")
        cloud.client("iam").update_assume_role_policy(RoleName=role.id, PolicyDocument=other)
        assert json.loads(plugin.refresh(role).inputs["assumeRolePolicy"]) == json.loads(other)

    def test_what_changes_in_place(self, plugin, cloud):
        role = plugin.create(ROLE, assumeRolePolicy=TRUST, tags={"app": "hello"})
        policy = plugin.create(POLICY, role=role.id, policy=READ)
        trust, read = TRUST.replace("ec2", "ssm"), READ.replace("Get", "Put")
        plugin.update(role, assumeRolePolicy=trust, maxSessionDuration=7200, tags={"stack": "dev"})
        plugin.update(policy, role=role.id, policy=read)
        iam = cloud.client("iam")
        found = iam.get_role(RoleName=role.id)["Role"]
        assert found["AssumeRolePolicyDocument"] == json.loads(trust)
        assert found["MaxSessionDuration"] == 7200
        assert found["Tags"] == [{"Key": "stack", "Value": "dev"}]
        held = iam.get_role_policy(RoleName=role.id, PolicyName=policy.inputs["name"])
        assert held["PolicyDocument"] == json.loads(read)

    def test_a_profile_changes_its_role(self, plugin, cloud):
        one, other = (plugin.create(ROLE, assumeRolePolicy=TRUST, name=name) for name in ("one", "other"))
        profile = plugin.create(PROFILE, role=one.id, tags={"app": "hello"})
        outputs = plugin.update(profile, role=other.id, tags={"app": "hi"})
        assert (outputs["role"], outputs["tags"]) == (other.id, {"app": "hi"})
        assert cloud.client("iam").list_instance_profiles_for_role(RoleName=one.id)["InstanceProfiles"] == []

    def test_a_role_leaves_its_profiles_and_if_told_so_its_policies(self, plugin, cloud):
        role = plugin.create(ROLE, assumeRolePolicy=TRUST, forceDetachPolicies=True)
        profile = plugin.create(PROFILE, role=role.id)
        plugin.create(POLICY, role=role.id, policy=READ)
        assert plugin.gone(role)
        held = cloud.client("iam").get_instance_profile(InstanceProfileName=profile.id)["InstanceProfile"]
        assert held["Roles"] == []

    def test_a_role_whose_policy_is_still_there_stays(self, plugin):
        role = plugin.create(ROLE, assumeRolePolicy=TRUST)
        plugin.create(POLICY, role=role.id, policy=READ)
        with pytest.raises(grpc.RpcError, match="DeleteConflict"):
            plugin.delete(role)

    def test_a_profile_whose_role_cannot_be_put_in_is_not_lost(self, plugin):
        with pytest.raises(grpc.RpcError, match="NoSuchEntity"):
            plugin.create(PROFILE, role="nobody")
