"""Certificates for one broker on this host, made for a test."""

import subprocess
from pathlib import Path


def make_certificates(directory: Path) -> None:
    """Write `ca.pem`, which signs, and `broker.pem`: key and certificate of 127.0.0.1."""
    key, certificate = directory / "key.pem", directory / "ca.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    bundle = directory / "broker.pem"
    bundle.write_bytes(key.read_bytes() + certificate.read_bytes())
    # The broker runs as another user inside its container.
    directory.chmod(0o755)
    bundle.chmod(0o644)
