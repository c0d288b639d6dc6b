"""The rows of aws.s3.Bucket and aws.s3.BucketPublicAccessBlock."""

from typing import Any

from local.provider import tags
from local.provider.table import Argument, Call, Resource, Timeouts, always
from local.provider.values import Properties
from local.provider.waiting import unless_missing

NO_BUCKET = ("NoSuchBucket", "404")

HOME_OF_S3 = "us-east-1"
"""The region whose buckets are made without naming a region (CreateBucket)."""


def _create_bucket(call: Call) -> str:
    region = call.aws.region
    place: Any = {} if region == HOME_OF_S3 else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    call.aws.s3.create_bucket(Bucket=call.inputs["bucket"], **place)
    return str(call.inputs["bucket"])


def _settle_bucket(call: Call) -> Properties | None:
    """S3 takes a bucket's tags in a call of their own, all of them at once."""
    s3, labels = call.aws.s3, tags.as_list(call.inputs["tagsAll"])
    if labels:
        s3.put_bucket_tagging(Bucket=call.id, Tagging={"TagSet": labels})
    elif call.before.get("tagsAll"):
        s3.delete_bucket_tagging(Bucket=call.id)
    return _read_bucket(call)


def _read_bucket(call: Call) -> Properties | None:
    name, region = call.id, call.aws.region
    if unless_missing(lambda: call.aws.s3.head_bucket(Bucket=name), *NO_BUCKET) is None:
        return None
    answer = unless_missing(lambda: call.aws.s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet")
    return {
        "arn": f"arn:aws:s3:::{name}",
        "bucket": name,
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "forceDestroy": call.inputs.get("forceDestroy", False),
        "region": region,
    } | tags.outputs(call, answer["TagSet"] if answer else [])


def _delete_bucket(call: Call) -> None:
    if call.state.get("forceDestroy"):
        unless_missing(lambda: empty(call, call.id), *NO_BUCKET)
    unless_missing(lambda: call.aws.s3.delete_bucket(Bucket=call.id), *NO_BUCKET)


def empty(call: Call, bucket: str, key: str | None = None) -> None:
    """Delete every version of every object, or of the one object `key`, a page at a time."""
    for page in call.aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key or ""):
        versions: Any = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        doomed: Any = [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in versions
            if key in {None, version["Key"]}
        ]
        if doomed:
            call.aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})


BUCKET = Resource(
    token="aws:s3/bucket:Bucket",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/",
    code="s3/bucket.go",
    arguments=(
        Argument(name="bucket", autoname=True, replaces=always),
        Argument(name="forceDestroy", default=False),
        tags.TAGS,
    ),
    outputs=("arn", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName", "region"),
    create=_create_bucket,
    settle=_settle_bucket,
    read=_read_bucket,
    delete=_delete_bucket,
    timeouts=Timeouts(create=1200, update=1200, delete=3600),
)

_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _put_block(call: Call) -> str:
    bucket = str(call.inputs["bucket"])
    blocks: Any = {theirs: call.inputs[ours] for ours, theirs in _BLOCKS.items()}
    call.aws.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocks)
    return bucket


def _update_block(call: Call) -> None:
    _put_block(call)


def _read_block(call: Call) -> Properties | None:
    answer = unless_missing(
        lambda: call.aws.s3.get_public_access_block(Bucket=call.id),
        "NoSuchPublicAccessBlockConfiguration",
        *NO_BUCKET,
    )
    if answer is None:
        return None
    blocks: Any = answer["PublicAccessBlockConfiguration"]
    values = {ours: blocks.get(theirs, False) for ours, theirs in _BLOCKS.items()}
    return {"bucket": call.id, "region": call.aws.region, **values}


def _delete_block(call: Call) -> None:
    unless_missing(lambda: call.aws.s3.delete_public_access_block(Bucket=call.id), *NO_BUCKET)


PUBLIC_ACCESS_BLOCK = Resource(
    token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",  # noqa: S106
    source="https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketpublicaccessblock/",
    code="s3/bucket_public_access_block.go",
    arguments=(
        Argument(name="bucket", required=True, replaces=always),
        *(Argument(name=name, default=False) for name in _BLOCKS),
    ),
    outputs=("region",),
    create=_put_block,
    read=_read_block,
    update=_update_block,
    delete=_delete_block,
)
