"""Where an instance gets its app from, and how it knows that it got the right bytes."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bootstrap.pack import tar_sha256
from manifest import App, Settings


@dataclass(frozen=True, kw_only=True)
class Slug:
    """What the script downloads. `sha256` (hex) is checked before anything is unpacked, where there is one.

    `signed`: the download is signed with the instance's role, which may read `bucket` at `read_key`.
    """

    url: str
    sha256: str | None = None
    bucket: str | None = None
    read_key: str | None = None

    @property
    def signed(self) -> bool:
        return self.bucket is not None

    @property
    def packed(self) -> bool:
        """Whether `sha256` is of the uncompressed tar."""
        return False


@dataclass(frozen=True, kw_only=True)
class PackedSlug(Slug):
    """A slug made of `folder`, kept in the stack's own bucket as `key`."""

    folder: Path
    key: str

    @property
    def packed(self) -> bool:
        return True


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
    return Slug(url=url, sha256=app.slug_sha256, bucket=parts.netloc, read_key=key)


def _packed(name: str, folder: Path, settings: Settings) -> PackedSlug:
    sha256 = tar_sha256(folder)
    key = f"{name}/{sha256}.tar.gz"
    bucket = bucket_name(settings)
    return PackedSlug(
        url=_object_url(bucket, key, settings.region),
        sha256=sha256,
        bucket=bucket,
        read_key=f"{name}/*",  # every version's, so that a rollout changes no policy
        folder=folder,
        key=key,
    )


def _object_url(bucket: str, key: str, region: str) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{bucket}.s3.{region}.{suffix}/{key}"
