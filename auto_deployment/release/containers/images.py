"""Images of the service: what is in one, its name for ever, and which old ones may go."""

import io
import json
import re
import tarfile
import time

from auto_deployment.errors import BadInputError
from auto_deployment.release.containers.docker import Docker, NotThereError
from auto_deployment.release.release import Build

MANIFEST = "/model/manifest.json"
REVISION = "/srv/REVISION"
RELEASE = re.compile(r"[0-9]{8}T[0-9]{4}-[0-9a-f]+-.+")  # <model version>-<code revision>
# A container made to read an image says until when somebody may be reading: commands have time limits.
# What is older was left by who was killed, and would keep its image from being removed.
READING = "marquee.reading"  # images of which repository
READING_UNTIL = "marquee.reading-until"
READING_MAX_S = 300
LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,127}")


class DockerImages:
    """Images under one repository name: `<name>:<release id>` never moves, one tag for each instance does."""

    def __init__(self, docker: Docker, repository: str) -> None:
        self._docker = docker
        self.repository = repository
        self._known: dict[str, Build] = {}  # by image id: what is in an image never changes

    def tag(self, name: str) -> str:
        """Return the full name of a release's image, or of an instance's."""
        return f"{self.repository}:{name}"

    def id_of(self, image: str) -> str:
        """Return the id that an image's name stands for now."""
        return self._docker.run("image", "inspect", "--format", "{{.Id}}", image)

    def build_of(self, image: str) -> Build:
        """Return what is in an image, without running it; raise `BadInputError` when it is none of ours."""
        image_id = self.id_of(image)
        if image_id not in self._known:
            self._known[image_id] = self._look_into(image_id, image)
        return self._known[image_id]

    def keep(self, image: str, may_move: bool = False) -> Build:
        """Give an image its name for ever.

        Another image of that name keeps it, unless it `may_move`, because nothing ever ran under that name;
        else raise `BadInputError`: what runs would not be what was tested.
        """
        build = self.build_of(image)
        wanted, named = self.id_of(image), self._id_or_none(self.tag(build.release))
        if named is None or (named != wanted and may_move):
            self._docker.run("tag", image, self.tag(build.release))
        elif named != wanted:
            raise BadInputError(
                f"{build.release} has been released before as another image ({named[:19]}): "
                "a release is one image. Deploy that one, or make a commit."
            )
        return build

    def point(self, name: str, release: str) -> None:
        """Let an instance's tag stand for a release: from now on this is what Compose would start."""
        self._docker.run("tag", self.tag(release), self.tag(name))

    def releases(self) -> list[str]:
        """Return the releases whose images are here, the newest image first."""
        lines = self._docker.run("images", "--format", "{{.Tag}}", self.repository).splitlines()
        return [tag for tag in lines if RELEASE.fullmatch(tag)]

    def forget(self, release: str) -> None:
        """Remove a release's image."""
        self._remove_left_readings()
        self._docker.run("rmi", self.tag(release))

    def _id_or_none(self, image: str) -> str | None:
        try:
            return self.id_of(image)
        except NotThereError:
            return None

    def _look_into(self, image_id: str, name: str) -> Build:
        self._remove_left_readings()
        labels = (f"{READING}={self.repository}", f"{READING_UNTIL}={time.time() + READING_MAX_S:.0f}")
        said = [word for label in labels for word in ("--label", label)]
        container = self._docker.run("create", "--network=none", *said, image_id)
        try:
            manifest = json.loads(self._file(container, MANIFEST))
            revision = self._file(container, REVISION).decode().strip()
            version = str(manifest["version"])
            build = Build(f"{version}-{revision}", version, str(manifest["content_hash"]), revision)
        except (NotThereError, KeyError, TypeError, ValueError, tarfile.TarError) as error:
            reason = " ".join(str(error).split())
            raise BadInputError(f"{name} is no image of the inference service ({reason}).") from error
        finally:
            self._docker.run("rm", "--force", container)
        if not LABEL.fullmatch(build.release):
            raise BadInputError(f"{name} calls itself {build.release!r}, which is no release id.")
        return build

    def _remove_left_readings(self) -> None:
        of = ("--filter", f"label={READING}={self.repository}", "--filter", "status=created")
        shown = '{{.ID}} {{.Label "' + READING_UNTIL + '"}}'
        for line in self._docker.run("ps", "--all", *of, "--format", shown).splitlines():
            container, _, until = line.partition(" ")
            if float(until) < time.time():
                self._docker.run("rm", "--force", container)

    def _file(self, container: str, path: str) -> bytes:
        archive = self._docker.read("cp", f"{container}:{path}", "-")
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            member = tar.extractfile(tar.getmembers()[0])
            return member.read() if member else b""
