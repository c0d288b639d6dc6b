"""The authority of a user, and what it vouches for."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.aws import certificates


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def read(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def test_the_authority_is_made_once_and_only_its_owner_reads_it(data: Path) -> None:
    first, second = certificates.authority(), certificates.authority()
    assert first.root_pem == second.root_pem
    file = data / "compute-instances" / "authority" / "authority.pem"
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_root_that_machines_get_holds_no_key() -> None:
    assert b"PRIVATE" not in certificates.authority().root_pem


def test_the_root_can_vouch_for_amazonaws_com_only() -> None:
    root = read(certificates.authority().root_pem)
    limits = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert limits.value.permitted_subtrees == [x509.DNSName("amazonaws.com")]


def test_a_site_is_signed_by_the_root_and_names_buckets_and_services() -> None:
    authority = certificates.authority()
    pem = authority.site_pem()
    site = read(pem)
    site.verify_directly_issued_by(read(authority.root_pem))
    names = site.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"*.s3.us-east-1.amazonaws.com", "*.us-east-1.amazonaws.com"} <= set(
        names.get_values_for_type(x509.DNSName)
    )
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == site.public_key()
