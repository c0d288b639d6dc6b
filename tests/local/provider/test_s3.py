"""Buckets and objects against a moto server, over the wire."""

import base64
import hashlib

import grpc
import pytest

from tests.local.provider.driver import BLOCK, BUCKET, OBJECT
from tests.local.provider.sdk import known_to_the_sdk

SIGNATURE = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}


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
        assert plugin.unchanged(bucket)
        assert plugin.unchanged(block)
        assert plugin.update(block, bucket=bucket.id, ignorePublicAcls=True)["blockPublicAcls"] is False
        assert plugin.update(bucket)["tags"] == {}
        assert plugin.gone(block)
        assert plugin.gone(bucket)

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
        assert plugin.gone(emptied)


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
        assert stored.outputs["etag"] == hashlib.md5(b"slug").hexdigest()  # noqa: S324 - S3's own

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
        assert plugin.unchanged(stored)
        assert plugin.gone(stored)

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
        assert plugin.gone(stored)
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
