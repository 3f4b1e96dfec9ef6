"""Where the service is: `http://HOST:PORT/PREFIX`, or `grpc://HOST:PORT/MODEL`; with TLS `https`, `grpcs`."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

PORTS = {"http": 80, "https": 443, "grpc": 8500, "grpcs": 8500}


@dataclass(frozen=True, slots=True)
class Address:
    """An address that was found to have a known form."""

    scheme: str
    host: str
    port: int
    path: str  # without slashes around it

    @property
    def is_grpc(self) -> bool:
        return self.scheme in ("grpc", "grpcs")

    @property
    def has_tls(self) -> bool:
        return self.scheme in ("https", "grpcs")

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @classmethod
    def parsed(cls, text: str) -> "Address":
        """Return the parts of an address; raise `ValueError` with a sentence that shows the forms."""
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise _unknown(text) from None
        if parts.scheme not in PORTS or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise _unknown(text)
        path = quote(parts.path.strip("/"), safe="/%+")
        return cls(parts.scheme, parts.hostname, port or PORTS[parts.scheme], path)


def _unknown(text: str) -> ValueError:
    return ValueError(
        f"An address is http://HOST:PORT, https://HOST, grpc://HOST:8500 or grpcs://HOST:8500, not {text!r}."
    )
