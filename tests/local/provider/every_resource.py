"""A Pulumi program with every resource and every lookup that the stand-in serves."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}

vpc = aws.ec2.get_vpc_output(default=True)
subnets = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc.id]}])
subnet = aws.ec2.get_subnet_output(id=subnets.ids[0])
offers = aws.ec2.get_instance_type_offerings_output(
    location_type="availability-zone",
    filters=[{"name": "instance-type", "values": ["t3.micro"]}],
)
caller = aws.get_caller_identity_output()

group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, tags={"app": "hello"})
aws.vpc.SecurityGroupIngressRule(
    "ingress",
    security_group_id=group.id,
    ip_protocol="tcp",
    from_port=5000,
    to_port=5000,
    cidr_ipv4="0.0.0.0/0",
)
aws.vpc.SecurityGroupEgressRule("egress", security_group_id=group.id, ip_protocol="-1", cidr_ipv4="0.0.0.0/0")

bucket = aws.s3.Bucket("bucket", force_destroy=True)
aws.s3.BucketPublicAccessBlock("closed", bucket=bucket.id, block_public_acls=True)
slug = aws.s3.BucketObjectv2(
    "slug", bucket=bucket.id, key="hello/slug", source=pulumi.FileAsset("slug.tar.gz")
)

role = aws.iam.Role("role", assume_role_policy={"Version": "2012-10-17", "Statement": [trust]})
policy = aws.iam.RolePolicy(
    "policy",
    role=role.name,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": pulumi.Output.format("{}/*", bucket.arn),
                }
            ],
        }
    ),
)
profile = aws.iam.InstanceProfile("profile", role=role.name)

machine = aws.ec2.Instance(
    "machine",
    ami=config.require("image"),
    instance_type="t3.micro",
    subnet_id=subnet.id,
    vpc_security_group_ids=[group.id],
    associate_public_ip_address=True,
    iam_instance_profile=profile.name,
    user_data="#!/bin/sh\n",
    user_data_replace_on_change=True,
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    root_block_device={"volume_size": 8, "volume_type": "gp3", "encrypted": True},
    instance_initiated_shutdown_behavior="terminate",
    tags={"Name": "hello.web.0"},
    opts=pulumi.ResourceOptions(depends_on=[policy, slug]),
)
if config.get_bool("unserved"):
    aws.ec2.Eip("address")

pulumi.export("id", machine.id)
pulumi.export("public_ip", machine.public_ip)
pulumi.export("account", caller.account_id)
pulumi.export("zones", offers.locations)
