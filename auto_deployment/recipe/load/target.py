"""Where load goes: to one's own machines, unless somebody insists."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from auto_deployment.errors import BadInputError

PLACE, USUAL_PATH = "{user}", "/recommend/{user}"


@dataclass(frozen=True, slots=True)
class Target:
    """An address with a place for a user's id."""

    template: str

    def url(self, user: int) -> str:
        return self.template.replace(PLACE, str(user))


def read_target(text: str, owned: bool = False) -> Target:
    """Check an address; raise `BadInputError` for what is none, and for hosts of others unless `owned`.

    Without a path it is that of recommendations.
    """
    try:
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise BadInputError(f"{text!r} has no port that there is: use http://HOST:PORT.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInputError(f"{text!r} is no address: use http://HOST:PORT[/PATH], with {PLACE} for a user.")
    if any(character.isspace() for character in text) or parts.username is not None or parts.fragment:
        raise BadInputError(f"{text!r} has spaces, an account or a fragment: use http://HOST:PORT[/PATH].")
    if not owned:
        _refuse_foreign(parts.hostname, port)
    path = parts.path if parts.path not in ("", "/") else USUAL_PATH
    return Target(f"{parts.scheme}://{parts.netloc}{path}{f'?{parts.query}' if parts.query else ''}")


def _refuse_foreign(host: str, port: int) -> None:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise BadInputError(f"{host} is no host that is known here: check the address.") from None
    foreign = sorted(address for address in found if not is_private(address))
    if foreign:
        raise BadInputError(
            f"{host} is {foreign[0]}, which is no private address: load could harm somebody else's service. "
            "Where it is yours, say --i-own-this."
        )


def is_private(address: str) -> bool:
    """Tell whether an IP address is of this host or of a private network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_private and not found.is_unspecified and not found.is_link_local
