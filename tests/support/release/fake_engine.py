"""A Docker engine of a few images and containers, as far as releases use its command line."""

import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import Any

from auto_deployment.release.containers.docker import NotThereError
from auto_deployment.release.containers.images import READING
from auto_deployment.release.containers.instances import PROJECT, SERVICE

SERVING_SHARES = 8192  # as Compose's file says


@dataclass
class FakeEngine:
    """`images` is id -> (model version, content hash, code revision); `tags` is name -> id."""

    images: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)  # container to read an image -> until when
    calls: list[str] = field(default_factory=list)

    def add(self, image_id: str, tag: str, version: str, code: str = "abc1234") -> None:
        self.images[image_id] = (version, f"content-{version}", code)
        self.tags[tag] = image_id

    def run_container(self, service: str, image_id: str, **state: object) -> None:
        self.containers[service] = {
            "Id": f"container-{service}",
            "Image": image_id,
            "Config": {"Labels": {PROJECT: "p", SERVICE: service}},
            "HostConfig": {"CpuShares": state.pop("shares", SERVING_SHARES)},
            "State": {"Status": "running", "Health": {"Status": "healthy"}, **state},
            "RestartCount": state.get("restarts", 0),
        }

    def run(self, *words: str, timeout_s: float = 60) -> str:
        self.calls.append(" ".join(words))
        return self.read(*words, timeout_s=timeout_s).decode()

    def read(self, *words: str, timeout_s: float = 60) -> bytes:
        match words:
            case ("image", "inspect", *_, image):
                return self._id(image).encode()
            case ("tag", image, name):
                self.tags[name] = self._id(image)
            case ("create", *_, image):
                return f"made-of:{self._id(image)}".encode()
            case ("cp", source, "-"):
                return self._file(*source.removeprefix("made-of:").rsplit(":", 1))
            case ("images", *_, repository):
                names = (tag.rpartition(":") for tag in self.tags)
                return "\n".join(tag for name, _, tag in names if name == repository).encode()
            case ("rmi", name):
                del self.tags[name]
            case _:
                return self._of_containers(*words)
        return b""

    def _of_containers(self, *words: str) -> bytes:
        match words:
            case ("ps", *rest) if any(READING in word for word in rest):
                return "\n".join(f"{name} {until:.0f}" for name, until in self.left.items()).encode()
            case ("rm", "--force", container):
                self.left.pop(container, None)
            case ("ps", *rest):
                wanted = [word.rpartition("=")[2] for word in rest if SERVICE in word]
                return " ".join(name for name in self.containers if not wanted or name in wanted).encode()
            case ("inspect", *names):
                return json.dumps([self._facts(name) for name in names]).encode()
            case ("compose", *_, "config", "--format=json", service):
                return json.dumps({"services": {service: {"cpu_shares": SERVING_SHARES}}}).encode()
            case ("compose", *_, service) if "up" in words:
                self.run_container(service, self.tags[f"marquee:{service}"], Status="created")
            case ("update", shares, container):
                self._facts(container)["HostConfig"] = {"CpuShares": int(shares.rpartition("=")[2])}
            case ("start", container):
                self._facts(container)["State"] = {"Status": "running", "Health": {"Status": "starting"}}
        return b""

    def shares(self, service: str) -> int:
        return int(self.containers[service]["HostConfig"]["CpuShares"])

    def _facts(self, container: str) -> dict[str, Any]:
        return self.containers[container.removeprefix("container-")]

    def _id(self, image: str) -> str:
        if image in self.images:
            return image
        if image not in self.tags:
            raise NotThereError(f"docker image inspect: no such image: {image}")
        return self.tags[image]

    def _file(self, image_id: str, path: str) -> bytes:
        version, content, code = self.images[image_id]
        manifest = json.dumps({"version": version, "content_hash": content})
        text = manifest if path.endswith("manifest.json") else f"{code}\n"
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            info = tarfile.TarInfo(path.rpartition("/")[2])
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
        return file.getvalue()
