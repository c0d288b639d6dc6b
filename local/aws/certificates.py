"""TLS for the real AWS names inside the machines.

The machine image holds the root of one authority per user. It can vouch for amazonaws.com only (RFC 5280
4.2.1.10), and only machines trust it: this host's own trust store is never touched.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.aws import folders

DOMAIN = "amazonaws.com"
# A star stands for one label only (RFC 6125 6.4.3): buckets and regional services need their own.
_SITE_NAMES = (
    f"*.{DOMAIN}",
    f"*.us-east-1.{DOMAIN}",
    f"*.s3.{DOMAIN}",
    f"*.s3.us-east-1.{DOMAIN}",
)
_AUTHORITY_LIFE = timedelta(days=3650)
_SITE_LIFE = timedelta(days=365)


class Authority:
    """Key and root certificate that site certificates of this user are made with."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, root: x509.Certificate) -> None:
        self._key = key
        self._root = root

    @property
    def root_pem(self) -> bytes:
        return self._root.public_bytes(serialization.Encoding.PEM)

    def site_pem(self) -> bytes:
        """Certificate and key of a new server that answers for the AWS names, as haproxy reads them."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in _SITE_NAMES])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _certificate(f"*.{DOMAIN}", key, _SITE_LIFE)
            .issuer_name(self._root.subject)
            .add_extension(names, critical=False)
            .add_extension(authority, critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM) + _private_pem(key)


def authority() -> Authority:
    """The authority of this user, made at the first call."""
    pem = _pem()
    with folders.locked(pem.parent):
        if not pem.exists():
            write_secret(pem, _new_authority())
        return _read(pem.read_bytes())


def are_there() -> bool:
    """Whether the authority has been made."""
    return _pem().exists()


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read at any moment, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".new").unlink(missing_ok=True)
    path.with_suffix(".new").touch(mode=0o600)
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").rename(path)


def _pem() -> Path:
    return folders.data() / "authority" / "authority.pem"


def _new_authority() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = "compute-instances local AWS"
    only_aws = x509.NameConstraints(permitted_subtrees=[x509.DNSName(DOMAIN)], excluded_subtrees=None)
    builder = (
        _certificate(name, key, _AUTHORITY_LIFE)
        .issuer_name(_name(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(only_aws, critical=True)
    )
    root = builder.sign(key, hashes.SHA256())
    return root.public_bytes(serialization.Encoding.PEM) + _private_pem(key)


def _read(pem: bytes) -> Authority:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{type(key).__name__} is not the kind of key an authority is made with here")
    return Authority(key, x509.load_pem_x509_certificate(pem))


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
