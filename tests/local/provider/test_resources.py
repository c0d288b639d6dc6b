"""Every row against a moto server, over the wire: what is made is there, and what is deleted is gone."""

import base64
import json

import grpc
import pytest

from tests.local.provider.driver import (
    BLOCK,
    BUCKET,
    EGRESS,
    GROUP,
    INGRESS,
    OBJECT,
    POLICY,
    PROFILE,
    READ,
    ROLE,
    TRUST,
)
from tests.local.provider.test_table import sdk_class, sdk_outputs

ACCOUNT = "123456789012"
SIGNATURE = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}


def known_to_the_sdk(made):
    return set(made.outputs) <= sdk_outputs(sdk_class(made.type))


def unchanged(plugin, made):
    """Whether a refresh finds what was made just as it was made."""
    found = plugin.refresh(made)
    return found.outputs == made.outputs and found.inputs == made.inputs


def imported(plugin, made):
    return plugin.read(made.type, made.id)


def gone(plugin, made):
    """Deletes it, twice, since somebody else may have been first; whether it is gone then."""
    plugin.delete(made)
    plugin.delete(made)
    return plugin.refresh(made) is None


class TestSecurityGroup:
    def test_it_lets_nothing_out_until_a_rule_says_so(self, plugin, cloud):
        group = plugin.create(GROUP, description="of hello", tags={"app": "hello"})
        found = cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
        assert found["IpPermissionsEgress"] == found["IpPermissions"] == []
        assert found["Description"] == "of hello"
        assert found["Tags"] == [{"Key": "app", "Value": "hello"}]
        assert group.outputs["arn"] == f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/{group.id}"
        assert group.outputs["vpcId"] == found["VpcId"]
        assert known_to_the_sdk(group)
        assert unchanged(plugin, group)
        assert imported(plugin, group).inputs["name"] == group.inputs["name"]
        assert gone(plugin, group)

    def test_tags_change_in_place(self, plugin, cloud):
        group = plugin.create(GROUP, tags={"app": "hello", "old": "1"})
        plugin.update(group, tags={"app": "hi"})
        found = cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
        assert found["Tags"] == [{"Key": "app", "Value": "hi"}]
        assert group.outputs["tags"] == {"app": "hi"}

    def test_nothing_is_left_when_its_egress_cannot_be_taken_away(self, plugin, cloud, monkeypatch):
        def refuse(*_args):
            raise OSError("the API went away")

        monkeypatch.setattr("local.provider.security._revoke_all_egress", refuse)
        with pytest.raises(grpc.RpcError, match="the API went away"):
            plugin.create(GROUP, name="mine")
        filters = [{"Name": "group-name", "Values": ["mine"]}]
        assert cloud.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"] == []


class TestRules:
    def test_an_ingress_rule(self, plugin, cloud):
        group = plugin.create(GROUP)
        said = {"ipProtocol": "tcp", "fromPort": 5000, "toPort": 5000, "cidrIpv4": "0.0.0.0/0"}
        rule = plugin.create(
            INGRESS, securityGroupId=group.id, description="people", tags={"app": "hello"}, **said
        )
        found = cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
        permission = found["IpPermissions"][0]
        assert permission["IpRanges"] == [{"CidrIp": "0.0.0.0/0", "Description": "people"}]
        assert (permission["FromPort"], permission["ToPort"]) == (5000, 5000)
        assert rule.id == rule.outputs["securityGroupRuleId"]
        assert rule.id.startswith("sgr-")
        assert known_to_the_sdk(rule)
        assert unchanged(plugin, rule)
        assert gone(plugin, rule)

    def test_egress_to_everywhere_has_no_ports(self, plugin, cloud):
        group = plugin.create(GROUP)
        rule = plugin.create(EGRESS, securityGroupId=group.id, ipProtocol="-1", cidrIpv4="0.0.0.0/0")
        found = cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
        assert [each["IpProtocol"] for each in found["IpPermissionsEgress"]] == ["-1"]
        assert "fromPort" not in rule.outputs
        assert known_to_the_sdk(rule)
        assert unchanged(plugin, rule)
        assert gone(plugin, rule)

    def test_a_rule_may_name_a_group_and_change_its_ports_in_place(self, plugin, cloud):
        group, friend = plugin.create(GROUP), plugin.create(GROUP, name="friend")
        said = {"securityGroupId": group.id, "ipProtocol": "tcp", "fromPort": 1}
        rule = plugin.create(INGRESS, referencedSecurityGroupId=friend.id, toPort=2, **said)
        found = cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
        assert found["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == friend.id
        outputs = plugin.update(rule, referencedSecurityGroupId=friend.id, toPort=3, **said)
        assert outputs["toPort"] == 3

    def test_a_rule_goes_with_its_group(self, plugin, cloud):
        group = plugin.create(GROUP)
        rule = plugin.create(INGRESS, securityGroupId=group.id, ipProtocol="-1", cidrIpv4="10.0.0.0/8")
        cloud.client("ec2").delete_security_group(GroupId=group.id)
        assert gone(plugin, rule)


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
            assert unchanged(plugin, made)
        assert imported(plugin, role).inputs["assumeRolePolicy"] == TRUST
        assert all(gone(plugin, made) for made in (policy, profile, role))

    def test_a_document_keeps_the_program_s_own_words(self, plugin, cloud):
        spaced = json.dumps(json.loads(TRUST), indent=4)
        role = plugin.create(ROLE, assumeRolePolicy=spaced)
        assert role.outputs["assumeRolePolicy"] == spaced
        assert unchanged(plugin, role)
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
        assert gone(plugin, role)
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


class TestBucket:
    def test_a_closed_bucket(self, plugin, cloud):
        bucket = plugin.create(BUCKET, tags={"app": "hello"})
        said = {"blockPublicAcls": True, "restrictPublicBuckets": True}
        block = plugin.create(BLOCK, bucket=bucket.id, **said)
        s3 = cloud.client("s3")
        closed = s3.get_public_access_block(Bucket=bucket.id)["PublicAccessBlockConfiguration"]
        assert [key for key, value in closed.items() if value] == ["BlockPublicAcls", "RestrictPublicBuckets"]
        assert s3.get_bucket_tagging(Bucket=bucket.id)["TagSet"] == [{"Key": "app", "Value": "hello"}]
        assert bucket.outputs["bucketRegionalDomainName"] == f"{bucket.id}.s3.us-east-1.amazonaws.com"
        assert known_to_the_sdk(bucket)
        assert known_to_the_sdk(block)
        assert unchanged(plugin, bucket)
        assert unchanged(plugin, block)
        assert plugin.update(block, bucket=bucket.id, ignorePublicAcls=True)["blockPublicAcls"] is False
        assert plugin.update(bucket)["tags"] == {}
        assert gone(plugin, block)
        assert gone(plugin, bucket)

    def test_another_region_is_named(self, unconfigured, cloud):
        unconfigured.configure({"accessKey": "a", "secretKey": "b", "region": "eu-central-1"})
        bucket = unconfigured.create(BUCKET)
        place = cloud.client("s3").get_bucket_location(Bucket=bucket.id)
        assert place["LocationConstraint"] == "eu-central-1"

    def test_a_full_bucket_stays_unless_told_otherwise(self, plugin, cloud):
        s3 = cloud.client("s3")
        kept, emptied = (
            plugin.create(BUCKET, bucket="kept"),
            plugin.create(BUCKET, bucket="emptied", forceDestroy=True),
        )
        s3.put_bucket_versioning(Bucket=emptied.id, VersioningConfiguration={"Status": "Enabled"})
        for bucket in (kept, emptied):
            s3.put_object(Bucket=bucket.id, Key="a", Body=b"1")
            s3.put_object(Bucket=bucket.id, Key="a", Body=b"2")
        s3.delete_object(Bucket=emptied.id, Key="a")
        with pytest.raises(grpc.RpcError, match="BucketNotEmpty"):
            plugin.delete(kept)
        assert gone(plugin, emptied)


class TestObject:
    @pytest.mark.parametrize("kind", ["path", "text", "content", "contentBase64", "uri"])
    def test_wherever_its_content_comes_from(self, plugin, cloud, moto, tmp_path, kind):
        bucket = plugin.create(BUCKET)
        (tmp_path / "slug").write_bytes(b"slug")
        cloud.client("s3").put_object(Bucket=bucket.id, Key="far", Body=b"slug", ACL="public-read")
        sources = {"path": str(tmp_path / "slug"), "text": "slug", "uri": f"{moto}/{bucket.id}/far"}
        contents = {"content": "slug", "contentBase64": base64.b64encode(b"slug").decode()}
        asset = {"source": {**SIGNATURE, "hash": "1", kind: sources[kind]}} if kind in sources else {}
        stored = plugin.create(
            OBJECT,
            bucket=bucket.id,
            key="hello/1.tgz",
            **asset,
            **{name: content for name, content in contents.items() if name == kind},
        )
        assert cloud.client("s3").get_object(Bucket=bucket.id, Key="hello/1.tgz")["Body"].read() == b"slug"
        assert stored.id == f"{bucket.id}/hello/1.tgz"
        assert (
            stored.outputs["etag"] == "a6f0bf3a86b0bd6d0f1ca5e4e1d1ed11" or len(stored.outputs["etag"]) == 32
        )

    def test_what_s3_keeps_with_it(self, plugin, cloud):
        bucket = plugin.create(BUCKET)
        said = {"contentType": "application/gzip", "metadata": {"app": "hello"}, "tags": {"a b": "c+d"}}
        stored = plugin.create(OBJECT, bucket=bucket.id, key="k", content="slug", **said)
        s3 = cloud.client("s3")
        head = s3.head_object(Bucket=bucket.id, Key="k")
        assert (head["ContentType"], head["Metadata"]) == ("application/gzip", {"app": "hello"})
        labels = s3.get_object_tagging(Bucket=bucket.id, Key="k")["TagSet"]
        assert labels == [{"Key": "a b", "Value": "c+d"}]
        assert stored.outputs["arn"] == f"arn:aws:s3:::{bucket.id}/k"
        assert known_to_the_sdk(stored)
        assert unchanged(plugin, stored)
        assert gone(plugin, stored)

    def test_new_content_is_uploaded_and_new_tags_are_not(self, plugin, cloud):
        bucket = plugin.create(BUCKET)
        cloud.client("s3").put_bucket_versioning(
            Bucket=bucket.id, VersioningConfiguration={"Status": "Enabled"}
        )
        stored = plugin.create(OBJECT, bucket=bucket.id, key="k", content="1")
        first = stored.outputs["versionId"]
        assert (
            plugin.update(stored, bucket=bucket.id, key="k", content="1", tags={"a": "b"})["versionId"]
            == first
        )
        assert (
            plugin.update(stored, bucket=bucket.id, key="k", content="2", tags={"a": "b"})["versionId"]
            != first
        )
        assert gone(plugin, stored)
        versions = cloud.client("s3").list_object_versions(Bucket=bucket.id)
        assert "Versions" not in versions
        assert "DeleteMarkers" not in versions

    def test_an_archive_is_no_object(self, plugin):
        bucket = plugin.create(BUCKET)
        archive = {**SIGNATURE, "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7"}
        with pytest.raises(grpc.RpcError, match="does not serve an archive"):
            plugin.create(OBJECT, bucket=bucket.id, key="k", source={**archive, "path": "."})

    def test_a_file_that_is_not_there_is_said(self, plugin):
        bucket = plugin.create(BUCKET)
        with pytest.raises(grpc.RpcError, match="No such file or directory: 'nowhere'"):
            plugin.create(
                OBJECT, bucket=bucket.id, key="k", source={**SIGNATURE, "hash": "1", "path": "nowhere"}
            )
