"""Where an instance gets its app from, and how it knows that it got the right bytes."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bootstrap.pack import tar_sha256
from manifest import App, Settings, partition_of


@dataclass(frozen=True)
class Grant:
    """What the instance's role must be allowed to read: `key` of `bucket`, as a policy names objects."""

    bucket: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Slug:
    """What the script downloads. `sha256` (hex) is checked before anything is unpacked, where there is one.

    `grant`: the download is signed with the instance's role, which needs it.
    """

    url: str
    sha256: str | None = None
    grant: Grant | None = None


@dataclass(frozen=True, kw_only=True)
class PackedSlug(Slug):
    """A slug made of `folder`, kept in the stack's own bucket as `key`. `sha256`: of the uncompressed tar."""

    sha256: str = field()  # without the default that it would inherit
    grant: Grant = field()
    folder: Path
    key: str


def bucket_name(settings: Settings) -> str:
    """The stack's bucket for slugs; buckets are named once in the world, so the account is in it."""
    return f"{settings.project}-{settings.stack}-{settings.account}-{settings.region}"


def slug_of(app: App, settings: Settings) -> Slug:
    """The slug of an app. Packs a `source:` to learn its identity; raises ManifestError where that fails."""
    if app.source:
        return _packed(app.name, app.source, settings)
    parts = urlsplit(app.slug_url or "")
    if parts.scheme == "https":
        return Slug(url=parts.geturl(), sha256=app.slug_sha256)
    key = parts.path.lstrip("/")
    url = _object_url(parts.netloc, key, settings.region)
    return Slug(url=url, sha256=app.slug_sha256, grant=Grant(parts.netloc, key))


def _packed(name: str, folder: Path, settings: Settings) -> PackedSlug:
    sha256 = tar_sha256(folder)
    key = f"{name}/{sha256}.tar.gz"
    bucket = bucket_name(settings)
    return PackedSlug(
        url=_object_url(bucket, key, settings.region),
        sha256=sha256,
        grant=Grant(bucket, f"{name}/*"),  # every version's, so that a rollout changes no policy
        folder=folder,
        key=key,
    )


def _object_url(bucket: str, key: str, region: str) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"""
    return f"https://{bucket}.s3.{region}.{partition_of(region).suffix}/{key}"
