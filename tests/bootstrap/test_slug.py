"""Where an app's slug is fetched from."""

from dataclasses import replace

import pytest

from bootstrap import Grant, PackedSlug, bucket_name, slug_of
from bootstrap.pack import tar_sha256


def test_an_address_is_fetched_as_it_is(app, settings):
    url = "https://slugs.example.com:8443/a%20b?c=[d]"
    slug = slug_of(replace(app, slug_url=url, slug_sha256="5" * 64), settings)
    assert (slug.url, slug.sha256) == (url, "5" * 64)
    assert slug.grant is None


def test_an_object_of_s3_is_fetched_from_the_stacks_region_with_the_role(app, settings):
    slug = slug_of(replace(app, slug_url="s3://my-bucket/hello/v1.tar.gz", slug_sha256="5" * 64), settings)
    assert slug.url == "https://my-bucket.s3.eu-central-1.amazonaws.com/hello/v1.tar.gz"
    assert (slug.grant, slug.sha256) == (Grant("my-bucket", "hello/v1.tar.gz"), "5" * 64)
    assert not isinstance(slug, PackedSlug)


def test_china_is_elsewhere(app, settings):
    slug = slug_of(replace(app, slug_url="s3://b/k"), replace(settings, region="cn-north-1"))
    assert slug.url == "https://b.s3.cn-north-1.amazonaws.com.cn/k"


def test_a_folder_is_kept_in_the_stacks_bucket_under_its_content(app, settings, tmp_path):
    (tmp_path / "web").write_text("web")
    slug = slug_of(replace(app, source=tmp_path, slug_url=None), settings)
    assert isinstance(slug, PackedSlug)
    assert slug.sha256 == tar_sha256(tmp_path)
    assert slug.key == f"hello/{slug.sha256}.tar.gz"
    assert bucket_name(settings) == "shop-dev-123456789012-eu-central-1"
    assert slug.url == f"https://{bucket_name(settings)}.s3.eu-central-1.amazonaws.com/{slug.key}"
    assert (slug.folder, slug.grant) == (tmp_path, Grant(bucket_name(settings), "hello/*"))


@pytest.mark.parametrize("other", [{"stack": "prod"}, {"account": "123456789013"}, {"region": "eu-west-1"}])
def test_every_stack_has_a_bucket_of_its_own(settings, other):
    assert bucket_name(replace(settings, **other)) != bucket_name(settings)
