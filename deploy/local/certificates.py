"""A certificate authority of one local installation, and a certificate for 127.0.0.1: TLS as in a cluster."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFE = timedelta(days=3650)


@dataclass(frozen=True)
class Certificates:
    """PEM files below the state folder."""

    authority: Path
    """The CA's certificate, which clients trust."""
    certificate: Path
    key: Path
    bundle: Path
    """Key and certificate in one file, as Kafka wants them."""


def make_certificates(folder: Path) -> Certificates:
    """The installation's certificates, made the first time; the CA's key is thrown away."""
    folder.mkdir(parents=True, exist_ok=True)
    certificates = Certificates(folder / "ca.crt", folder / "tls.crt", folder / "tls.key", folder / "tls.pem")
    if certificates.bundle.exists():
        return certificates
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Innbyggerpanel on this machine")])
    now = datetime.now(UTC)

    def builder(subject: x509.Name, public_key: ec.EllipticCurvePublicKey, *, is_authority: bool) -> x509.Certificate:
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        half = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _LIFE)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False)
        )
        if is_authority:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            return half.add_extension(usage, True).sign(authority_key, hashes.SHA256())
        return half.add_extension(x509.SubjectAlternativeName(names), False).sign(authority_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    authority = builder(name, authority_key.public_key(), is_authority=True)
    server = builder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), key.public_key(), is_authority=False
    )
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for path, content in (
        (certificates.authority, authority.public_bytes(pem)),
        (certificates.certificate, server.public_bytes(pem)),
        (certificates.key, secret),
        (certificates.bundle, secret + server.public_bytes(pem)),
    ):
        path.touch(0o600)
        path.write_bytes(content)
    certificates.authority.chmod(0o644)
    return certificates
