"""Roles of machines, and the metadata service as a machine asks it."""

import http.client
import json
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from tests.local.conftest import Aws


def give_role(aws: "Aws", name: str, resource: str) -> str:
    """A profile whose role may get the objects of `resource`."""
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=policy(read))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return name


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def as_machine(aws: "Aws", machine: str) -> Any:
    """boto3 with the role credentials that the machine gets."""
    role = imds(aws, machine, "iam/security-credentials/")
    held = json.loads(imds(aws, machine, f"iam/security-credentials/{role}"))
    keys = (held["AccessKeyId"], held["SecretAccessKey"], held["Token"])
    return lambda service: with_keys(aws, service, keys)


def with_keys(aws: "Aws", service: str, keys: tuple[str, str, str]) -> Any:
    """A boto3 client with temporary credentials: id, secret and token."""
    key, secret, token = keys
    return boto3.client(
        service,
        endpoint_url=aws.connection.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def imds(aws: "Aws", machine: str, path: str) -> str:
    lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    status, token = ask_imds(aws, machine, "PUT", "/latest/api/token", lifetime)
    assert status == 200
    held = {"X-aws-ec2-metadata-token": token}
    status, value = ask_imds(aws, machine, "GET", f"/latest/meta-data/{path}", held)
    assert status == 200
    return value


def ask_imds(aws: "Aws", machine: str, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    connection = http.client.HTTPConnection(*aws.home.metadata, timeout=30)
    connection.request(method, path, headers={"X-Machine-Address": machine, **headers})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body
