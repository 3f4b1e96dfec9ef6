"""Who serves once a release has ended and what is rejected, written for others. May be repeated."""

import logging
from collections.abc import Iterable, Iterator, Sequence

from auto_deployment.errors import MarqueeError
from auto_deployment.paths import Paths
from auto_deployment.release.ports import Images, PortError
from auto_deployment.release.records import (
    ARTEFACT,
    CODE,
    RejectedRelease,
    Serving,
    add_rejected,
    read_serving,
    write_serving,
)
from auto_deployment.release.release import Build, Kind, Phase, Release

log = logging.getLogger(__name__)


class Ledger:
    """What serves, and what an ended release leaves behind: owed until it is written down."""

    def __init__(self, paths: Paths, dry_run: bool = False) -> None:
        self._paths, self._dry_run = paths, dry_run
        self._owed: list[Release] = []
        self._is_read = False
        self.stable: Build | None = None

    def ended(self, release: Release) -> None:
        """Owe what follows from this release's end."""
        self._owed.append(release)
        self._is_read = False

    def settle(self) -> str:
        """Write what is owed, and read what serves; return why that fails, an empty text when it does not."""
        try:
            while self._owed and not self._dry_run:
                settle(self._owed[0], self._paths)
                del self._owed[0]
            if not self._is_read:
                serving = read_serving(self._paths)
                self.stable = None if serving is None else build_of(serving)
        except OSError as error:
            return f"{self._paths.releases} cannot be written ({error.strerror}): make room on the disk."
        except MarqueeError as error:
            return str(error)
        self._is_read = True
        return ""

    def adopt(self, build: Build, since: str) -> None:
        """Say that a build serves which no release has brought."""
        write_serving(self._paths, serving_of(build, since))
        self.stable = build


def settle(release: Release, paths: Paths) -> None:
    """Write down what serves now, and what is never to be released again."""
    if release.phase is Phase.PROMOTED:
        build, since = release.candidate, release.since.isoformat()
        serving = read_serving(paths)
        if serving is None or (serving.release, serving.since) != (build.release, since):
            write_serving(paths, serving_of(build, since))
    if (rejected := rejection(release)) is not None:
        add_rejected(paths, rejected)


def serves_after(release: Release) -> Build:
    """Return what serves everybody as things stand with this release."""
    return release.candidate if release.phase is Phase.PROMOTED else release.stable


def have_served(releases: Iterable[Release]) -> Iterator[Build]:
    """Return what has served everybody, in the releases' order; a build may come more than once."""
    for release in releases:
        if release.phase is Phase.PROMOTED:
            yield release.candidate
        yield release.stable


def serving_of(build: Build, since: str) -> Serving:
    """Return a build as the record of what serves."""
    return Serving(build.model_version, build.content_hash, build.code_revision, build.release, since)


def build_of(serving: Serving) -> Build:
    """Return what serves as a build."""
    return Build(serving.release, serving.model_version, serving.content_hash, serving.code_revision)


def rejection(release: Release) -> RejectedRelease | None:
    """Return what this end rules out: the model if stable ran the same code, else the code. None: nothing."""
    if release.kind is Kind.CANDIDATE and release.phase is Phase.ABORTED and not release.blameless:
        return _differs(release.candidate, release.stable, release)
    if release.kind is Kind.ROLLBACK and release.phase is Phase.PROMOTED:
        return _differs(release.stable, release.candidate, release)
    return None


def _differs(bad: Build, good: Build, release: Release) -> RejectedRelease:
    at, reason = release.since.isoformat(), release.reason
    if bad.code_revision == good.code_revision:
        return RejectedRelease(
            ARTEFACT, bad.release, reason, at, content_hash=bad.content_hash, model_version=bad.model_version
        )
    return RejectedRelease(CODE, bad.release, reason, at, code_revision=bad.code_revision)


def is_rejected(build: Build, rejected: Sequence[RejectedRelease]) -> RejectedRelease | None:
    """Return why a build may not be released, None when it may."""
    for one in rejected:
        if one.kind == ARTEFACT and one.content_hash == build.content_hash:
            return one
        if one.kind == CODE and one.code_revision == build.code_revision:
            return one
    return None


def remove_old_images(images: Images, in_use: Sequence[str], keep: int) -> None:
    """Remove the images of releases beyond the newest `keep` that are not in use; what fails stays."""
    try:
        spare = [release for release in images.releases() if release not in in_use]
    except PortError as error:
        log.warning("Images of old releases stay: %s", error)
        return
    for release in spare[keep:]:
        try:
            images.forget(release)
            log.info("The image of release %s was removed", release)
        except PortError as error:
            log.warning("The image of release %s stays: %s", release, error)
