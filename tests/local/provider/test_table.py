"""The table against the SDK: no type, argument or output that pulumi-aws does not have."""

import inspect
import re

import pytest

from local.provider.functions import FUNCTIONS
from local.provider.rows import RESOURCES
from tests.local.provider.sdk import SDK_MODULES, camel, sdk_arguments, sdk_class, sdk_outputs

PROMISED_RESOURCES = {
    "aws:ec2/instance:Instance",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketObjectv2:BucketObjectv2",
}
PROMISED_FUNCTIONS = {
    "aws:ec2/getVpc:getVpc",
    "aws:ec2/getSubnet:getSubnet",
    "aws:ec2/getSubnets:getSubnets",
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings",
    "aws:ec2/getInstanceType:getInstanceType",
    "aws:index/getCallerIdentity:getCallerIdentity",
}


def test_it_serves_what_the_program_declares_and_nothing_else():
    assert RESOURCES.keys() == PROMISED_RESOURCES
    assert {function.token for function in FUNCTIONS} == PROMISED_FUNCTIONS


@pytest.mark.parametrize("row", RESOURCES.values(), ids=lambda row: row.token)
def test_every_argument_and_output_of_a_resource_is_one_of_the_sdk(row):
    kind = sdk_class(row.token)
    assert set(row.by_name) <= sdk_arguments(kind)
    assert set(row.outputs) <= sdk_outputs(kind)
    assert set(row.at_most_one) <= set(row.by_name)


@pytest.mark.parametrize("row", RESOURCES.values(), ids=lambda row: row.token)
def test_every_part_and_unsettled_output_is_one_of_the_sdk(row):
    for argument in row.arguments:
        assert set(argument.unsettles) <= sdk_outputs(sdk_class(row.token))
        if argument.parts:
            name = row.token.rpartition(":")[2] + argument.name[0].upper() + argument.name[1:] + "Args"
            assert argument.parts <= sdk_outputs(getattr(SDK_MODULES["ec2"], name))


@pytest.mark.parametrize("row", [*RESOURCES.values(), *FUNCTIONS], ids=lambda row: row.token)
def test_every_row_says_where_its_facts_are_from(row):
    assert row.source.startswith("https://www.pulumi.com/registry/packages/aws/api-docs/")
    assert row.token.rpartition(":")[2].lower() in row.source


@pytest.mark.parametrize("row", RESOURCES.values(), ids=lambda row: row.token)
def test_every_row_names_the_code_that_it_stands_for(row):
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", row.token.rpartition(":")[2]).lower()
    assert name.removesuffix("v2").removeprefix("bucket_").removesuffix("s") in row.code


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.token)
def test_every_argument_of_a_function_is_one_of_the_sdk(function):
    module, name = function.token.split("/")[0].split(":")[1], function.token.rpartition(":")[2]
    module = "index" if "/" not in function.token else module
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    lookup = getattr(SDK_MODULES[module], snake)
    assert function.arguments <= {camel(each) for each in inspect.signature(lookup).parameters}
