"""Groups and their rules against a moto server, over the wire."""

import grpc
import pytest

from tests.local.provider.driver import EGRESS, GROUP, INGRESS
from tests.local.provider.sdk import known_to_the_sdk

ACCOUNT = "123456789012"


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
        assert plugin.unchanged(group)
        assert plugin.read(GROUP, group.id).inputs["name"] == group.inputs["name"]
        assert plugin.gone(group)

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
        assert plugin.unchanged(rule)
        assert plugin.gone(rule)

    def test_egress_to_everywhere_has_no_ports(self, plugin, cloud):
        group = plugin.create(GROUP)
        rule = plugin.create(EGRESS, securityGroupId=group.id, ipProtocol="-1", cidrIpv4="0.0.0.0/0")
        found = cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
        assert [each["IpProtocol"] for each in found["IpPermissionsEgress"]] == ["-1"]
        assert "fromPort" not in rule.outputs
        assert known_to_the_sdk(rule)
        assert plugin.unchanged(rule)
        assert plugin.gone(rule)

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
        assert plugin.gone(rule)
