"""Permissions as callers meet them: on which resource, under which tags, of which role."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import IMAGE
from tests.local.roles import give_role, policy

if TYPE_CHECKING:
    from tests.local.conftest import Aws

OURS = {"team": "ours"}
TAGGED = {"StringEquals": {"aws:ResourceTag/team": "ours"}}


def somebody(aws: "Aws", name: str, *statements: dict[str, Any]) -> Any:
    """Clients of a user who may do what the statements say."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=aws.connection.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    return client


def tags(kind: str, of: dict[str, str]) -> dict[str, Any]:
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in of.items()]}


def refusal(call: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value)


def test_only_what_bears_the_tag_is_ended(aws: "Aws") -> None:
    ours = aws.run(TagSpecifications=[tags("instance", OURS)])
    theirs = aws.run()
    ending = {"Action": "ec2:TerminateInstances", "Resource": "*", "Condition": TAGGED}
    ec2 = somebody(aws, "ender", ending)("ec2")
    told = refusal(lambda: ec2.terminate_instances(InstanceIds=[theirs]))
    assert "(UnauthorizedOperation)" in told
    assert "user/ender is not authorized to perform: ec2:TerminateInstances on resource: arn:aws:ec2:" in told
    assert f":instance/{theirs} because no identity-based policy allows" in told
    refusal(lambda: ec2.terminate_instances(InstanceIds=[ours, theirs]))
    assert aws.state(theirs) != "terminated"
    ec2.terminate_instances(InstanceIds=[ours])


LAUNCH = [
    {"Action": "ec2:RunInstances", "Resource": f"arn:aws:ec2:*:*:{kind}/*"}
    for kind in ("image", "subnet", "security-group", "network-interface", "volume")
]


def test_nothing_is_launched_without_the_tag(aws: "Aws") -> None:
    born = {"StringEquals": {"aws:RequestTag/team": "ours"}}
    instance = {"Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": born}
    ec2 = somebody(aws, "launcher", *LAUNCH, instance)("ec2")
    wanted = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    assert "ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/*" in refusal(
        lambda: ec2.run_instances(**wanted)
    )
    tagged = {**wanted, "TagSpecifications": [tags("instance", OURS)]}
    assert "to perform: ec2:CreateTags on" in refusal(lambda: ec2.run_instances(**tagged))
    at_birth = {"StringEquals": {"ec2:CreateAction": "RunInstances"}}
    tag = {"Action": "ec2:CreateTags", "Resource": "*", "Condition": at_birth}
    ec2 = somebody(aws, "tagger", *LAUNCH, instance, tag)("ec2")
    made = ec2.run_instances(**tagged)["Instances"][0]["InstanceId"]
    later = {"Resources": [made], "Tags": [{"Key": "a", "Value": "b"}]}
    assert "ec2:CreateTags" in refusal(lambda: ec2.create_tags(**later))


def test_a_role_is_passed_only_by_who_may(aws: "Aws") -> None:
    role = give_role(aws, "passed", "*")
    launch = {"Action": "ec2:RunInstances", "Resource": "*"}
    ec2 = somebody(aws, "nobody-passes", launch)("ec2")
    wanted = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    wanted["IamInstanceProfile"] = {"Name": role}
    told = refusal(lambda: ec2.run_instances(**wanted))
    assert "to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/passed" in told
    to_instances = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = {"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/passed"}
    other = somebody(aws, "passes-elsewhere", launch, {**passing, "Condition": to_lambda})("ec2")
    assert "iam:PassRole" in refusal(lambda: other.run_instances(**wanted))
    somebody(aws, "passes", launch, {**passing, "Condition": to_instances})("ec2").run_instances(**wanted)


def test_a_role_is_passed_by_the_arn_of_its_profile_too(aws: "Aws") -> None:
    role = give_role(aws, "passed-by-arn", "*")
    arn = aws.client("iam").get_instance_profile(InstanceProfileName=role)["InstanceProfile"]["Arn"]
    ec2 = somebody(aws, "nobody-passes-arns", {"Action": "ec2:*", "Resource": "*"})("ec2")
    wanted = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    told = refusal(lambda: ec2.run_instances(**wanted, IamInstanceProfile={"Arn": arn}))
    assert "to perform: iam:PassRole" in told
    instance = aws.run()
    told = refusal(
        lambda: ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": role})
    )
    assert "to perform: iam:PassRole" in told


def test_a_copy_reads_what_it_copies(aws: "Aws") -> None:
    for bucket in ("copied-from", "copied-to"):
        aws.client("s3").create_bucket(Bucket=bucket)
    aws.client("s3").put_object(Bucket="copied-from", Key="a b", Body=b"x")
    s3 = somebody(aws, "copier", {"Action": "s3:*", "Resource": "arn:aws:s3:::copied-to/*"})("s3")
    source = {"Bucket": "copied-from", "Key": "a b"}
    told = refusal(lambda: s3.copy_object(Bucket="copied-to", Key="a", CopySource=source))
    assert "s3:GetObject on resource: arn:aws:s3:::copied-from/a b" in told


def test_what_is_not_judged_here_is_refused_and_said(aws: "Aws") -> None:
    own = {"Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:*/${aws:username}"}
    ec2 = somebody(aws, "variable", own)("ec2")
    assert "(UnauthorizedOperation)" in refusal(ec2.describe_instances)
    assert "knows no variables of policies" in refusal(ec2.describe_instances)


def test_roles_by_their_names(aws: "Aws") -> None:
    making = {"Action": "iam:*Role", "Resource": "arn:aws:iam::*:role/ours.*"}
    iam = somebody(aws, "role-maker", making)("iam")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="ours.a", AssumeRolePolicyDocument=trust)
    told = refusal(lambda: iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust))
    assert "iam:CreateRole on resource: arn:aws:iam::123456789012:role/theirs" in told


def test_a_bucket_by_its_name_and_by_the_names_that_aws_gives_to_actions(aws: "Aws") -> None:
    block = {"Action": "s3:PutBucketPublicAccessBlock", "Resource": "arn:aws:s3:::blocked"}
    aws.client("s3").create_bucket(Bucket="blocked")
    aws.client("s3").create_bucket(Bucket="open-to-all")
    s3 = somebody(aws, "blocker", block)("s3")
    closed = {"BlockPublicAcls": True}
    s3.put_public_access_block(Bucket="blocked", PublicAccessBlockConfiguration=closed)
    told = refusal(
        lambda: s3.put_public_access_block(Bucket="open-to-all", PublicAccessBlockConfiguration=closed)
    )
    assert "s3:PutBucketPublicAccessBlock on resource: arn:aws:s3:::open-to-all" in told


def test_a_key_by_its_arn_also_where_only_the_ciphertext_names_it(aws: "Aws") -> None:
    admin = aws.client("kms")
    ours, theirs = (admin.create_key()["KeyMetadata"]["Arn"] for _ in "12")
    kms = somebody(aws, "decrypter", {"Action": "kms:Decrypt", "Resource": ours})("kms")
    mine, other = (admin.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"] for key in (ours, theirs))
    assert kms.decrypt(CiphertextBlob=mine)["Plaintext"] == b"x"
    told = refusal(lambda: kms.decrypt(CiphertextBlob=other))
    assert "(AccessDeniedException)" in told
    assert f"kms:Decrypt on resource: {theirs}" in told
