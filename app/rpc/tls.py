"""Certificate and key of the port; new ones in their files are taken with the next connection."""

import logging
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc

from app.config import Settings

log = logging.getLogger(__name__)


class CertificateError(Exception):
    """Certificate and key cannot be used. The message is one sentence that names the variables."""


class Certificate:
    """The two files; a pair that does not fit, as while they are being replaced, is not taken."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raise `CertificateError` for files that no connection could be made with."""
        self._certificate, self._key = certificate, key
        self._name = self._checked()
        self._read_at = self._written()

    def credentials(self) -> grpc.ServerCredentials:
        """Return what a server listens with."""
        newer: Any = self._newer  # grpcio's stubs know nothing of None, which says that nothing is new
        return grpc.dynamic_ssl_server_credentials(self._pair(), newer)

    def own_channel(self, place: str) -> grpc.Channel:
        """Return a channel to the server itself, which has this certificate whatever its address is here."""
        trusted = grpc.ssl_channel_credentials(self._certificate.read_bytes())
        return grpc.secure_channel(place, trusted, [("grpc.ssl_target_name_override", self._name)])

    def has_changed(self) -> bool:
        """Tell whether there is another pair than before, which can be used."""
        try:
            written = self._written()
            if written == self._read_at:
                return False
            self._name = self._checked()
        except (OSError, CertificateError) as error:
            log.warning("The certificate stays as it was: %s", error)
            return False
        self._read_at = written
        return True

    def _newer(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the pair if it is another one than before; called for each new connection."""
        return self._pair() if self.has_changed() else None

    def _pair(self) -> grpc.ServerCertificateConfiguration:
        pair = (self._key.read_bytes(), self._certificate.read_bytes())
        return grpc.ssl_server_certificate_configuration([pair])

    def _written(self) -> tuple[int, ...]:
        found = (self._certificate.stat(), self._key.stat())
        return tuple(word for one in found for word in (one.st_mtime_ns, one.st_ino))

    def _checked(self) -> str:
        """Return a name that the certificate is for; raise `CertificateError`."""
        try:
            return _name_of(self._certificate, self._key)
        except (OSError, ValueError, LookupError) as error:  # ssl's own is one of the first
            raise CertificateError(
                f"RPC_TLS_CERT_FILE and RPC_TLS_KEY_FILE cannot be used ({error}): name a certificate with "
                "a subjectAltName, and its key, in PEM and without a password."
            ) from error


def certificate_of(settings: Settings) -> Certificate | None:
    """Return the files that the settings name, None where they name none; raise `CertificateError`."""
    if settings.rpc_tls_cert is None or settings.rpc_tls_key is None:
        return None
    return Certificate(settings.rpc_tls_cert, settings.rpc_tls_key)


def _name_of(certificate: Path, key: Path) -> str:
    """Return the first name of a certificate, by a handshake in memory with who trusts nothing else."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(certificate, key, password=_no_password)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)
    for side in (*sides, *sides):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    names: Any = (sides[0].getpeercert() or {}).get("subjectAltName", ())
    if not names:
        raise LookupError("it names no host")
    return str(names[0][1]).replace("*", "any")


def _no_password() -> str:
    raise ValueError("the key has a password")
