"""The row of aws.s3.BucketObjectv2."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from local.errors import LocalError
from local.provider import tags
from local.provider.buckets import NO_BUCKET, empty
from local.provider.table import SERVED, Argument, Call, Resource, always
from local.provider.values import Properties, is_asset
from local.provider.waiting import unless_missing

NO_OBJECT = ("NoSuchKey", *NO_BUCKET)

TOKEN = "aws:s3/bucketObjectv2:BucketObjectv2"  # noqa: S105

_UPLOAD = ("etag", "versionId")  # not known until the new content is stored

_HEADERS = {
    "cacheControl": "CacheControl",
    "contentDisposition": "ContentDisposition",
    "contentEncoding": "ContentEncoding",
    "contentLanguage": "ContentLanguage",
    "contentType": "ContentType",
    "metadata": "Metadata",
    "serverSideEncryption": "ServerSideEncryption",
    "storageClass": "StorageClass",
}
"""Arguments that S3 keeps with the object, and their names in PutObject and HeadObject."""

_CONTENT = ("source", "content", "contentBase64")


def _upload(call: Call) -> str:
    inputs = call.inputs
    headers: Any = {theirs: inputs[ours] for ours, theirs in _HEADERS.items() if ours in inputs}
    call.aws.s3.put_object(
        Bucket=inputs["bucket"],
        Key=inputs["key"],
        Body=_body(inputs),
        Tagging=urlencode(inputs["tagsAll"]),
        **headers,
    )
    return f"{inputs['bucket']}/{inputs['key']}"


def _body(inputs: Properties) -> bytes:
    if "content" in inputs:
        return str(inputs["content"]).encode()
    if "contentBase64" in inputs:
        return base64.b64decode(inputs["contentBase64"], validate=True)
    return _asset(inputs["source"]) if "source" in inputs else b""


def _asset(asset: object) -> bytes:
    """The bytes of a FileAsset, StringAsset or RemoteAsset, as the engine describes them."""
    if not isinstance(asset, dict) or not is_asset(asset):
        raise LocalError(f"{SERVED} an archive as source of {TOKEN}", hint="give it a pulumi.FileAsset")
    if "text" in asset:
        return str(asset["text"]).encode()
    if "path" in asset:
        return Path(asset["path"]).read_bytes()
    if not asset["uri"].startswith(("http://", "https://")):
        raise LocalError(f"{SERVED} {asset['uri']} as source of {TOKEN}", hint="it serves http and https")
    with urlopen(asset["uri"], timeout=60) as answer:  # noqa: S310 - the scheme was just checked
        return bytes(answer.read())


def _read(call: Call) -> Properties | None:
    bucket, _, key = call.id.removeprefix("s3://").partition("/")
    head: Any = unless_missing(lambda: call.aws.s3.head_object(Bucket=bucket, Key=key), *NO_OBJECT)
    if head is None:
        return None
    labels = call.aws.s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    kept = {ours: head[theirs] for ours, theirs in _HEADERS.items() if theirs in head}
    given = {name: call.inputs[name] for name in (*_CONTENT, "sourceHash") if name in call.inputs}
    return {
        "storageClass": "STANDARD",  # S3 does not report the usual class
        **kept,
        **given,
        "arn": f"arn:aws:s3:::{bucket}/{key}",
        "bucket": bucket,
        "etag": head["ETag"].strip('"'),
        "key": key,
        "region": call.aws.region,
        "versionId": head.get("VersionId", ""),
    } | tags.outputs(call, labels)


def _update(call: Call) -> None:
    """Content and headers are stored anew together; tags alone need no upload."""
    if call.changed(*_CONTENT, *_HEADERS, "sourceHash"):
        _upload(call)
    elif call.changed("tagsAll"):
        bucket, key, labels = call.inputs["bucket"], call.inputs["key"], tags.as_list(call.inputs["tagsAll"])
        call.aws.s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": labels})


def _delete(call: Call) -> None:
    """Where versions are kept every one of them: a marker would leave the bucket undeletable."""
    bucket, key = call.state["bucket"], call.state["key"]
    if call.state.get("versionId"):
        unless_missing(lambda: empty(call, bucket, key), *NO_OBJECT)
    else:
        unless_missing(lambda: call.aws.s3.delete_object(Bucket=bucket, Key=key), *NO_OBJECT)


OBJECT = Resource(
    token=TOKEN,
    source="https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketobjectv2/",
    code="s3/object.go",
    arguments=(
        Argument(name="bucket", required=True, replaces=always),
        Argument(name="key", required=True, replaces=always),
        *(Argument(name=name, unsettles=_UPLOAD) for name in (*_CONTENT, "sourceHash")),
        *(Argument(name=name, computed=True, unsettles=_UPLOAD) for name in _HEADERS),
        tags.TAGS,
    ),
    outputs=("arn", "contentType", "etag", "region", "serverSideEncryption", "storageClass", "versionId"),
    at_most_one=_CONTENT,
    create=_upload,
    read=_read,
    update=_update,
    delete=_delete,
)
