"""The cycle's own clone: what it starts from, and how a new version gets out."""

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from auto_deployment.host.files import making
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.errors import CommandError, PublishError, RefusedError, UnreachableError
from auto_deployment.publish.naming import VERSION
from auto_deployment.publish.push import NO_OPTIONS, Push, read_push

log = logging.getLogger(__name__)

TAGS = "model/"
REVIEW = "retrain/"  # branches that wait for a person
PUSH_ATTEMPTS = 5
HOW_TO_REVIEW = "set PUBLISH=merge-request where the branch is protected"


def review_branch(version: str) -> str:
    """Return the branch in which a version waits for a person."""
    return f"{REVIEW}{version}"


class Repository:
    """A clone that belongs to the cycle alone: whatever a killed cycle left in it is thrown away."""

    def __init__(self, commands: Commands, remote: str, branch: str) -> None:
        self.folder = commands.folder
        self._commands = commands
        self._remote, self._branch = remote, branch

    def refresh(self) -> None:
        """Make the clone what the remote's branch is; raise `UnreachableError` when it cannot be asked."""
        try:
            self._refresh()
        except CommandError as error:
            if not self._answers():
                raise UnreachableError(f"The git remote cannot be reached: {error}") from error
            log.warning("The clone is damaged and is made anew: %s", error)
            shutil.rmtree(self.folder, ignore_errors=True)
            self._refresh()

    def commit(self, message: str, paths: Sequence[str]) -> None:
        self._commands.git("add", "--all", "--", *paths)
        self._commands.git("commit", "--quiet", "--allow-empty", "--message", message)

    def tag(self, version: str, message: str) -> None:
        """Tag the newest commit; the tag carries the whole provenance."""
        self._commands.git(
            "tag", "--force", "--annotate", f"{TAGS}{version}", "--cleanup=verbatim", "-m", message
        )

    def push(self, version: str, retag: Callable[[], None]) -> None:
        """Push commit and tag together; where the remote moved, once more on top of it.

        Raises `RefusedError` or `UnreachableError`; then nothing of it is on the remote.
        """
        refs = [f"HEAD:refs/heads/{self._branch}", f"refs/tags/{TAGS}{version}"]
        for _ in range(PUSH_ATTEMPTS):
            if self._push(refs) is Push.DONE:
                return
            self._commands.git("fetch", "--quiet", "origin")
            try:
                self._commands.git("rebase", "--quiet", f"origin/{self._branch}")
            except CommandError as error:
                self._commands.outcome(["git", "rebase", "--abort"])
                raise PublishError(f"Somebody else published in between: {error}") from error
            retag()
        raise UnreachableError(
            f"The git remote moved {PUSH_ATTEMPTS} times in a row: the next cycle tries again."
        )

    def push_for_review(self, version: str, why: str = "", *, needs_request: bool = True) -> None:
        """Push a branch and ask for a merge request to be opened.

        `why` becomes its description. A remote that opens none is refused, or gets the branch alone where no
        request is needed.
        """
        branch = review_branch(version)
        options = [
            "merge_request.create",
            f"merge_request.target={self._branch}",
            f"merge_request.title=Model {version}",
            *([f"merge_request.description={' '.join(why.split())}"] if why else []),
        ]
        words = [word for option in options for word in ("--push-option", option)]
        ref = f"HEAD:refs/heads/{branch}"
        try:
            done = self._push([*words, ref])
        except RefusedError as error:
            if needs_request or NO_OPTIONS not in str(error):
                raise
            log.info("The git remote opens no merge requests; the branch %s goes there without one", branch)
            done = self._push([ref])
        if done is not Push.DONE:
            raise PublishError(f"The branch {branch} is on the git remote already, with other content.")

    def waits(self, version: str) -> bool:
        """Tell whether the branch of a version waits for a person, as of the last refresh."""
        return bool(
            self._commands.git("branch", "--remotes", "--list", f"origin/{review_branch(version)}").strip()
        )

    def push_tag(self, version: str) -> None:
        self._push([f"refs/tags/{TAGS}{version}"])

    def tags(self) -> list[str]:
        """Return the versions that are published, oldest first; tags of another form are somebody else's."""
        names = [name.removeprefix(TAGS) for name in self._commands.git("tag", "--list", f"{TAGS}*").split()]
        return [name for name in names if VERSION.fullmatch(name)]

    def messages(self) -> dict[str, str]:
        """Return what the tag of each published version says, in one question however many there are."""
        said = self._commands.git("tag", "--list", "--format=%(refname:strip=2)%00%(contents)%00", f"{TAGS}*")
        parts = said.split("\0")
        names = [name.strip().removeprefix(TAGS) for name in parts[:-1:2]]
        found = zip(names, parts[1::2], strict=True)
        return {name: message for name, message in found if VERSION.fullmatch(name)}

    def show(self, version: str, path: str) -> str | None:
        """Return a file of a published version, None where it has none."""
        status, out, _ = self._commands.outcome(["git", "show", f"{TAGS}{version}:{path}"])
        return out if status == 0 else None

    def head(self) -> str:
        return self._commands.git("rev-parse", "HEAD").strip()

    def _push(self, words: Sequence[str]) -> Push:
        # `origin` has to stand between options and refs.
        options = [word for word in words if not word.startswith(("HEAD:", "refs/"))]
        refs = [word for word in words if word not in options]
        status, out, err = self._commands.outcome(
            ["git", "push", "--porcelain", "--atomic", *options, "origin", *refs]
        )
        found = read_push(status, out, err)
        said = " ".join(f"{out} {err}".split())[-400:]
        if found is Push.REFUSED:
            what = "the branch" if options else f"the push ({HOW_TO_REVIEW})"
            raise RefusedError(f"The git remote refuses {what}: {said}")
        if found is Push.UNREACHABLE:
            raise UnreachableError(f"The git remote cannot be reached: {said}")
        return found

    def _refresh(self) -> None:
        if not (self.folder / ".git").is_dir():
            self._clone()
        remove_stale_locks(self.folder)
        self._commands.git("remote", "set-url", "origin", self._remote)
        self._commands.git("fetch", "--quiet", "--prune", "--prune-tags", "--force", "--tags", "origin")
        self._commands.git("checkout", "--quiet", "--force", "-B", self._branch, f"origin/{self._branch}")
        self._commands.git("reset", "--quiet", "--hard", f"origin/{self._branch}")
        self._commands.git("clean", "--quiet", "-d", "--force")

    def _clone(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with making(self.folder) as made:
            here = self._commands.at(made.parent)
            here.git("clone", "--quiet", "--branch", self._branch, self._remote, str(made))
            made.rename(self.folder)

    def _answers(self) -> bool:
        here = self._commands.at(self.folder.parent)
        return here.outcome(["git", "ls-remote", "--heads", self._remote, self._branch])[0] == 0


def remove_stale_locks(clone: Path) -> None:
    """Remove what a killed git or DVC left: whoever holds the cycle's lock is alone here."""
    for lock in [
        *clone.glob(".git/*.lock"),
        *clone.glob(".git/refs/**/*.lock"),
        *clone.glob(".dvc/tmp/*lock*"),
    ]:
        lock.unlink(missing_ok=True)
    for unfinished in (clone / ".git" / "rebase-merge", clone / ".git" / "rebase-apply"):
        shutil.rmtree(unfinished, ignore_errors=True)
