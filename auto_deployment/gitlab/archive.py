"""`python -m auto_deployment.gitlab.archive NAME`: a `docker save` archive under one name of ours.

Standard input is what a pipeline sent, gzipped; standard output is for `docker load`. An archive says by
which names its image is known here afterwards, in up to three places that Docker's versions read differently:
one that says `marquee:stable-1` would replace what runs. Here none of them counts. The image keeps its id.
"""

import gzip
import io
import json
import os
import re
import sys
import tarfile
import zlib
from typing import IO, Any

from auto_deployment.errors import BadInputError

REFUSED = 65
MANIFEST = "manifest.json"
NAMES = (MANIFEST, "repositories", "index.json", "oci-layout")  # where an archive names images
MEMBER = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]*(/[0-9A-Za-z_-][0-9A-Za-z._-]*)*/?")
SAME_LAYER = re.compile(r"\.\./[0-9a-f]{64}/layer\.tar")  # how older versions write a layer twice
MANIFEST_BYTES = 1 << 20


def rename(source: IO[bytes], target: IO[bytes], name: str) -> None:
    """Copy an archive of one image so that loading it gives this name and no other.

    Raises:
        BadInputError: it is no such archive; what was written until then cannot be loaded.

    """
    try:
        with (
            gzip.GzipFile(fileobj=source) as plain,
            tarfile.open(fileobj=plain, mode="r|") as sent,
            tarfile.open(fileobj=target, mode="w|") as loaded,
        ):
            image = _copy(sent, loaded)
            while plain.read(1 << 20):
                pass  # to its end, where the checksum is
            _add(loaded, MANIFEST, json.dumps([{**image, "RepoTags": [name]}]).encode())
    except BrokenPipeError:
        raise
    except (
        EOFError, OSError, OverflowError, RecursionError, ValueError, tarfile.TarError, zlib.error,
    ) as error:  # fmt: skip
        raise BadInputError(f"What was sent is no archive of an image ({error}).") from error


def _copy(sent: tarfile.TarFile, loaded: tarfile.TarFile) -> dict[str, Any]:
    """Copy everything that names no image; return the image's configuration and layers."""
    seen: set[str] = set()
    manifest = b""
    for member in sent:
        path = member.name.rstrip("/")
        if not _is_usual(member) or path in seen:
            raise BadInputError(f"What was sent has a part that Docker would not write: {member.name!r}.")
        seen.add(path)
        content = sent.extractfile(member) if member.isreg() else None
        if path == MANIFEST and content is not None and member.size <= MANIFEST_BYTES:
            manifest = content.read()
        elif path not in NAMES:
            loaded.addfile(_fresh(member), content)
    return _one_image(json.loads(manifest), seen)


def _is_usual(member: tarfile.TarInfo) -> bool:
    if not MEMBER.fullmatch(member.name) or member.sparse is not None:
        return False
    same = member.type == tarfile.SYMTYPE and SAME_LAYER.fullmatch(member.linkname) is not None
    return same or member.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE)


def _fresh(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a header with what was checked, and nothing else: extended headers can say another name or size.

    Python and Docker do not even agree which of them counts.
    """
    info = tarfile.TarInfo(member.name)
    info.type = tarfile.REGTYPE if member.isreg() else member.type
    info.size = member.size if member.isreg() else 0
    info.linkname = member.linkname if member.issym() else ""
    info.mode = member.mode & 0o777
    return info


def _one_image(manifest: object, parts: set[str]) -> dict[str, Any]:
    match manifest:
        case [{"Config": str(config), "Layers": list(layers)}]:
            if all(isinstance(one, str) and one in parts for one in (config, *layers)):
                return {"Config": config, "Layers": layers}
    raise BadInputError("What was sent is not one image.")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def main() -> int:
    """Rename from stdin to stdout; return 65 with a sentence on stderr for what is no archive."""
    try:
        rename(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1])
        sys.stdout.buffer.flush()
    except BadInputError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except BrokenPipeError:  # whoever loads it says why
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
