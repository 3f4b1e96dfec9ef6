"""Archives as `docker save` writes them, and as somebody writes them who wants more than that."""

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

Part = tuple[tarfile.TarInfo, bytes]


def manifest(*names: str) -> bytes:
    """Return the manifest of one image without layers."""
    return json.dumps([{"Config": "c.json", "Layers": [], "RepoTags": list(names)}]).encode()


def part(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, to: str = "") -> Part:
    """Return one part of an archive."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, to
    return info, content


def write_archive(path: Path, parts: Mapping[str, bytes]) -> Path:
    """Write a gzipped archive of files."""
    path.write_bytes(archive(*(part(name, content) for name, content in parts.items())))
    return path


def archive(*parts: Part) -> bytes:
    """Return a gzipped archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for info, content in parts:
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def read_archive(path: Path) -> dict[str, bytes]:
    """Return the files of an archive; where a name comes twice, the last."""
    with tarfile.open(path) as tar:
        files: Iterable[tarfile.TarInfo] = (one for one in tar if one.isreg())
        return {one.name: file.read() for one in files if (file := tar.extractfile(one))}
