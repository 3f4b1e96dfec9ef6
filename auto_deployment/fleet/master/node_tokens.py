"""Whose token a node reports with: a file of hashes, so that who reads it can report for nobody."""

import hashlib
import hmac
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.names import node_name

log = logging.getLogger(__name__)

WITHDRAWN = "withdrawn"
_LINE = re.compile(rf"(\S+)[ \t]+([0-9a-f]{{64}})([ \t]+{WITHDRAWN})?")
NOT_ANY_MORE = "This token was withdrawn: `marquee fleet token NODE` makes another one."
FORM = "NODE, a space, and the SHA-256 of its token as 64 digits and letters a to f"


@dataclass(frozen=True, slots=True)
class Owners:
    """Hash -> node, of tokens that are good and of those that were.

    The latter are kept: on the master's host its own node's token may be named as the shared one as well, and
    one that is forgotten would be good for every node without a line.
    """

    good: Mapping[str, str] = field(default_factory=dict)
    withdrawn: Mapping[str, str] = field(default_factory=dict)


class NodeTokens:
    """`shared` is good for nodes that never had their own; a changed file is read at the next report."""

    def __init__(self, shared: str | None, path: Path | None = None) -> None:
        """Read the file; raise `BadInputError` where that cannot be done."""
        self._shared = hashlib.sha256(shared.strip().encode()).digest() if shared else b""
        self._path, self._turn = path, threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._owners = Owners()
        if path is not None:
            self._owners, self._seen = read(path), _identity(path)

    def knows(self, digest: bytes) -> bool:
        """Tell whether any node reports with the token of this SHA-256."""
        owners = self._now()
        if digest.hex() in owners.withdrawn:
            return False
        return digest.hex() in owners.good or hmac.compare_digest(digest, self._shared)

    def has_withdrawn(self, digest: bytes) -> bool:
        """Tell whether this was the SHA-256 of a node's token."""
        return digest.hex() in self._now().withdrawn

    def refusal(self, node: str, digest: bytes) -> str | None:
        """Return why nobody reports as `node` with this token, one of nodes; None where it may be."""
        owners = self._now()
        if digest.hex() in owners.withdrawn:
            return NOT_ANY_MORE
        owner = owners.good.get(digest.hex())  # of one node is not shared, though it be named as both
        if owner is not None:
            return (
                None if owner == node else f"This is the token of {owner}: with it nobody reports as {node}."
            )
        if node in owners.good.values():
            return f"{node} has a token of its own: it does not report with the one that nodes share."
        if node in owners.withdrawn.values():
            return f"The token of {node} was withdrawn: it does not report with the one that nodes share."
        return None

    def _now(self) -> Owners:
        if self._path is None:
            return self._owners
        with self._turn:
            if (found := _identity(self._path)) != self._seen:
                self._seen = found
                try:
                    self._owners = read(self._path)
                except BadInputError as error:
                    log.error("%s Nodes report with the tokens that were good before.", error)
                else:
                    log.info(
                        "%s has tokens of %d nodes now", self._path, len(set(self._owners.good.values()))
                    )
            return self._owners


def read(path: Path) -> Owners:
    """Return whose a file's tokens are; raise `BadInputError` where it is away or a line is none."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise BadInputError(
            f"FLEET_NODE_TOKENS_FILE names {path}, which cannot be read ({error}): "
            "`marquee fleet token NODE` makes it."
        ) from error
    found, withdrawn = dict[str, str](), set[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"Line {number} of {path}"  # and not what is in it: somebody may have put a token there
        if not (parts := _LINE.fullmatch(line.strip())):
            raise BadInputError(f"{where} is not {FORM}.")
        if found.setdefault(parts[2], node_name(parts[1])) != parts[1]:
            raise BadInputError(
                f"{where} has the token of {found[parts[2]]} once more: give each node its own."
            )
        if parts[3]:
            withdrawn.add(parts[2])
    return Owners(
        {digest: node for digest, node in found.items() if digest not in withdrawn},
        {digest: node for digest, node in found.items() if digest in withdrawn},
    )


def line_of(node: str, token: str) -> str:
    """Return the line of a node's token; raise `BadNameError` for what is no name of a node."""
    return f"{node_name(node)} {hashlib.sha256(token.encode()).hexdigest()}"


def withdrawing(text: str, node: str) -> str:
    """Return a file's text in which no token of a node is good."""
    lines = [line.rstrip() for line in text.splitlines()]
    return "".join(
        f"{line} {WITHDRAWN}\n"
        if line.split()[:1] == [node] and not line.endswith(WITHDRAWN)
        else f"{line}\n"
        for line in lines
    )


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
