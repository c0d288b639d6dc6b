"""The stack's bucket of slugs, and the role by which an app's instances may read theirs."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws

from bootstrap import Grant, PackedSlug, Slug, bucket_name
from bootstrap.pack import write_gzip
from fleet import names
from manifest import App, ManifestError, Problem, Settings, partition_of

PACKED: Final = Path(".slugs")
"""Where packed slugs wait for their upload."""

_INSTANCES_MAY_ASSUME: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def declare_bucket(settings: Settings, slugs: Iterable[Slug]) -> aws.s3.Bucket | None:
    """The private bucket, where any app of the stack needs one.

    Packs what it will hold first. Raises ManifestError for every folder that changed since it was read.
    """
    packed = [slug for slug in slugs if isinstance(slug, PackedSlug)]
    if not packed:
        return None
    _pack(packed)
    bucket = aws.s3.Bucket(
        "slug-bucket", bucket=bucket_name(settings), force_destroy=True, tags=names.tags(settings)
    )
    aws.s3.BucketPublicAccessBlock(
        "slug-bucket-public-access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=pulumi.ResourceOptions(parent=bucket),
    )
    return bucket


def _pack(slugs: Iterable[PackedSlug]) -> None:
    problems: list[Problem] = []
    for slug in slugs:
        try:
            if not _file(slug).is_file():
                write_gzip(slug.folder, _file(slug), slug.sha256)
        except ManifestError as error:
            problems += error.problems
    if problems:
        raise ManifestError(problems)


def _file(slug: PackedSlug) -> Path:
    return PACKED / slug.key


def declare_object(
    app: App, slug: PackedSlug, bucket: aws.s3.Bucket, parent: pulumi.Resource
) -> pulumi.Resource:
    """The packed slug in the bucket. Its key names its content; gzip's bytes may differ between machines."""
    return aws.s3.BucketObjectv2(
        names.slug(app, slug.sha256),
        bucket=bucket.id,
        key=slug.key,
        source=pulumi.FileAsset(str(_file(slug))),
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["source"]),
    )


def declare_role(
    app: App, grant: Grant, settings: Settings, parent: pulumi.Resource
) -> tuple[aws.iam.InstanceProfile, list[pulumi.Resource]]:
    """A role that may read the app's slugs and nothing else, and what must exist before it is used."""
    opts = pulumi.ResourceOptions(parent=parent)
    name = names.in_aws(settings, app.name)
    tags = names.tags(settings, app=app.name)
    role = aws.iam.Role(
        f"{app.name}.role", name=name, assume_role_policy=_INSTANCES_MAY_ASSUME, tags=tags, opts=opts
    )
    may = may_read(grant, settings)
    named = names.by_content(may)  # the old instances' policy stays until they go
    policy = aws.iam.RolePolicy(f"{app.name}.role.{named}", name=named, role=role.name, policy=may, opts=opts)
    profile = aws.iam.InstanceProfile(f"{app.name}.profile", name=name, role=role.name, tags=tags, opts=opts)
    return profile, [policy]


def may_read(grant: Grant, settings: Settings) -> str:
    """The policy document of the role."""
    arn = f"arn:{partition_of(settings.region).name}:s3:::{grant.bucket}/{grant.key}"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
