"""What a pipeline sends as an image is loaded under one name of ours, whatever it says."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.gitlab.archive import rename
from tests.support.image_archives import Part, archive, manifest, part, read_archive
from tests.support.systems.containers import docker

NAME = "marquee:ci-7"
CONFIG = part("c.json", b"{}")
LAYERS = b'[{"Config": "c.json", "Layers": ["a/layer.tar", "b/layer.tar"]}]'
SAME = "../" + 64 * "a" + "/layer.tar"


def renamed(folder: Path, sent: bytes) -> dict[str, bytes]:
    target = io.BytesIO()
    rename(io.BytesIO(sent), target, NAME)
    (folder / "loaded.tar").write_bytes(target.getvalue())
    return read_archive(folder / "loaded.tar")


@pytest.mark.parametrize(
    "text",
    [
        manifest("marquee:stable-1"),
        b'[{"Config": "c.json", "Layers": [], "RepoTags": ["marquee:ci-1"], "RepoTags": ["marquee:canary"]}]',
        b'[{"Config": "c.json", "Layers": [], "repotags": ["marquee:canary"]}]',
        b'[{"Config": "c.json", "Layers": [], "RepoTag\\u0073": ["marquee:canary"]}]',
        b'[{"Config": "c.json", "Layers": [], "RepoTags": null, "Parent": "sha256:0", "LayerSources": {}}]',
    ],
)
def test_no_name_that_is_sent_counts(tmp_path: Path, text: bytes) -> None:
    others = [part("repositories", b"{}"), part("index.json", b"{}"), part("oci-layout", b"{}")]
    found = renamed(tmp_path, archive(part("manifest.json", text), CONFIG, *others))
    assert found.keys() == {"c.json", "manifest.json"}
    assert json.loads(found["manifest.json"]) == [{"Config": "c.json", "Layers": [], "RepoTags": [NAME]}]


def test_layers_arrive_as_they_are(tmp_path: Path) -> None:
    parts = (
        part("a/", kind=tarfile.DIRTYPE),
        part("a/layer.tar", b"123"),
        part("b/layer.tar", kind=tarfile.SYMTYPE, to=SAME),
        part("manifest.json", LAYERS),
        CONFIG,
    )
    found = renamed(tmp_path, archive(*parts))
    assert found["a/layer.tar"] == b"123"
    with tarfile.open(tmp_path / "loaded.tar") as tar:
        assert tar.getmember("b/layer.tar").linkname == SAME


@pytest.mark.parametrize(
    "parts",
    [
        (part("./manifest.json", manifest("x:y")), CONFIG),
        (part("manifest.json", manifest("x:y")), CONFIG, part("manifest.json", manifest("marquee:canary"))),
        (part("a/../manifest.json", manifest("x:y")), CONFIG),
        (part("/c.json", b"{}"), part("manifest.json", manifest("x:y"))),
        (CONFIG, part("manifest.json", manifest("x:y")), part("a", kind=tarfile.SYMTYPE, to=".")),
        (CONFIG, part("manifest.json", manifest("x:y")), part("a", kind=tarfile.LNKTYPE, to="manifest.json")),
        (CONFIG, part("manifest.json", manifest("x:y")), part("a", kind=tarfile.CHRTYPE)),
        (CONFIG, part("manifest.json", kind=tarfile.SYMTYPE, to="c.json")),
        (CONFIG, part("manifest.json", b"[" + manifest("a:b")[1:-1] + b"," + manifest("c:d")[1:])),
        (CONFIG, part("manifest.json", b"[]")),
        (CONFIG, part("manifest.json", b"{")),
        (CONFIG, part("manifest.json", b"[" * 100_000)),
        (CONFIG, part("manifest.json", LAYERS)),
        (CONFIG, part("manifest.json", b'[{"Config": "c.json", "Layers": [{}]}]')),
        (CONFIG, part("manifest.json", b'[{"Config": "c.json", "Layers": [[]]}]')),
        (part("manifest.json", manifest("x:y")),),
        (CONFIG,),
        (),
    ],
)
def test_what_docker_would_not_write_is_refused(tmp_path: Path, parts: tuple[Part, ...]) -> None:
    with pytest.raises(BadInputError, match=r"^What was sent "):
        renamed(tmp_path, archive(*parts))


@pytest.mark.parametrize("cut", [0, 1, 30, -1, -9, -40])
def test_half_an_archive_is_none(tmp_path: Path, cut: int) -> None:
    sent = archive(
        CONFIG, part("a/layer.tar", bytes(range(256)) * 50), part("manifest.json", manifest("x:y"))
    )
    with pytest.raises(BadInputError, match=r"no archive of an image|is not one image"):
        renamed(tmp_path, sent[:cut])


def extended(*records: tuple[str, str]) -> bytes:
    """Return what stands in an extended header."""
    text = b""
    for name, value in records:
        rest = f" {name}={value}\n".encode()
        size = len(rest) + 1
        while size != len(str(size)) + len(rest):
            size = len(str(size)) + len(rest)
        text += str(size).encode() + rest
    return text


def raw(name: str, content: bytes, *records: tuple[str, str]) -> bytes:
    """Return one part as it lies in an archive, after an extended header that says otherwise."""

    def block(name: str, kind: bytes, content: bytes) -> bytes:
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, len(content)
        return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)

    before = block("x", tarfile.XHDTYPE, extended(*records)) if records else b""
    return before + block(name, tarfile.REGTYPE, content)


END = bytes(1024)
GOOD = raw("c.json", b"{}") + raw("manifest.json", manifest("x:y"))
INNER = raw("c.json", b"{}") + raw("manifest.json", manifest("marquee:stable-1")) + END


@pytest.mark.parametrize(
    "sent",
    [
        # One reader takes the size of the one record, another that of the other: an archive in an archive.
        raw("blob", INNER, ("size", "0"), ("GNU.sparse.realsize", str(len(INNER)))) + GOOD + END,
        raw("foo", b"{}", ("path", "oci-layout"), ("GNU.sparse.name", "foo")) + GOOD + END,
        raw("bar", b"{}", ("path", "index.json"), ("GNU.sparse.name", "bar")) + GOOD + END,
        raw("c2.json", b"{}", ("mtime", "inf"), ("comment", "RepoTags")) + GOOD + END,
    ],
)
def test_no_extended_header_is_passed_on(sent: bytes) -> None:
    target = io.BytesIO()
    rename(io.BytesIO(gzip.compress(sent)), target, NAME)
    loaded, at, names = target.getvalue(), 0, []
    while loaded[at : at + 512].strip(b"\0"):  # as the plainest of all readers would
        block = loaded[at : at + 512]
        assert block[156:157] in (tarfile.REGTYPE, tarfile.DIRTYPE)
        names.append(block[:100].rstrip(b"\0").decode())
        at += 512 + -(-int(block[124:135], 8) // 512) * 512
    assert names[-1] == "manifest.json"
    assert names.count("manifest.json") == 1
    assert not {"index.json", "oci-layout", "repositories"} & set(names)


def test_holes_are_refused(tmp_path: Path) -> None:
    records = ("GNU.sparse.size", str(10**9)), ("GNU.sparse.numblocks", "0"), ("GNU.sparse.map", "")
    with pytest.raises(BadInputError, match=r"Docker would not write|no archive"):
        renamed(tmp_path, gzip.compress(raw("blob", b"", *records) + GOOD + END))


def test_what_follows_in_a_second_stream_is_looked_at_too(tmp_path: Path) -> None:
    plain = gzip.decompress(archive(CONFIG, part("manifest.json", manifest("x:y"))))
    first, second = plain[:1024], plain[1024:]
    found = renamed(tmp_path, gzip.compress(first) + gzip.compress(second))
    assert json.loads(found["manifest.json"])[0]["RepoTags"] == [NAME]


@pytest.mark.lab
def test_docker_loads_it_under_this_name_alone_and_with_its_own_id(tmp_path: Path) -> None:
    sent, sources = tmp_path / "image.tar.gz", tmp_path / "sources"
    sources.mkdir()
    (sources / "Dockerfile").write_text("FROM scratch\nCOPY first /\nCOPY second /\n", "utf-8")
    for layer in ("first", "second"):
        (sources / layer).write_text(f"{layer} of {tmp_path}", "utf-8")
    docker("build", "--quiet", "--tag", "marquee-test-archive:sent", str(sources))
    identity = docker("image", "inspect", "--format", "{{.Id}}", "marquee-test-archive:sent")
    try:
        with sent.open("wb") as file:
            saved = subprocess.run(
                ["docker", "save", "marquee-test-archive:sent"], check=True, capture_output=True
            )
            file.write(gzip.compress(saved.stdout, 1))
        docker("rmi", "marquee-test-archive:sent")
        command = [sys.executable, "-m", "auto_deployment.gitlab.archive", "marquee-test-archive:ci-7"]
        with sent.open("rb") as file:
            loaded = subprocess.run(command, stdin=file, check=True, capture_output=True).stdout
        subprocess.run(["docker", "load", "--quiet"], input=loaded, check=True, capture_output=True)
        names = docker("image", "ls", "--format", "{{.Tag}}", "marquee-test-archive")
        assert (names, docker("image", "inspect", "--format", "{{.Id}}", "marquee-test-archive:ci-7")) == (
            "ci-7",
            identity,
        )
    finally:
        subprocess.run(
            ["docker", "rmi", "marquee-test-archive:sent", "marquee-test-archive:ci-7"],
            capture_output=True,
            check=False,
        )
