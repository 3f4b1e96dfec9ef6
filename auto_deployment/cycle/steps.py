"""What a retraining cycle does, step by step: ingest's segments, DVC's flow and the clone together."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from auto_deployment.config.publish import PublishSettings
from auto_deployment.cycle.champion import choose_champion
from auto_deployment.cycle.link_segments import take_segments
from auto_deployment.cycle.look import Project, why_nothing
from auto_deployment.cycle.outcome import FAILED, PUBLISHED, Outcome
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.published import mark_published
from auto_deployment.dataset.segments import data_hash
from auto_deployment.host.locks import only_one
from auto_deployment.host.processes import end_leftovers
from auto_deployment.ingest.drift.findings import findings_since
from auto_deployment.paths import Paths
from auto_deployment.publish.data_versions import INPUTS
from auto_deployment.publish.factory import Publishing
from auto_deployment.publish.naming import check_new
from auto_deployment.publish.retention import Retention, choose, collect
from auto_deployment.publish.seed import ensure_remote
from auto_deployment.publish.tag_message import content_hash, render_tag
from auto_deployment.release.records import ARTEFACT, read_rejected, read_released, read_serving
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.provenance import model_version
from auto_deployment.training.workspace import Workspace, read_json, write_json

log = logging.getLogger(__name__)

COMMITTED = ("dvc.lock", "data")


class Workshop:
    """Everything that one cycle needs; each method is one step, safe to repeat."""

    def __init__(
        self,
        paths: Paths,
        publishing: Publishing,
        project: Project,
        tell: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._paths, self._publishing, self._project, self._tell = paths, publishing, project, tell
        self.workspace = Workspace(publishing.layout.clone / "data")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only cycle, and end what a killed one left running; raise `BusyError` naming the other."""
        with only_one(self._publishing.layout.lock, "A retraining cycle"):
            end_leftovers(self._publishing.layout.children)
            yield

    def why_nothing(self, now: datetime, *, refreshed: bool) -> str | None:
        """Say that nothing has come in; before `refresh` nobody knows what a remote has."""
        return why_nothing(self._paths, self._publishing.layout, self._project, now, refreshed=refreshed)

    def refresh(self) -> None:
        """Bring the clone to what is published; throw away what an interrupted cycle left in it."""
        layout, project = self._publishing.layout, self._project
        if not project.has_remote:
            ensure_remote(
                self._publishing.commands,
                layout.git_remote,
                project.branch,
                project.root,
                project.params_file,
            )
        self._publishing.repository.refresh()
        self._publishing.data.configure()
        self._publishing.data.restore()
        self._tag_what_was_merged()

    def take_in(self, stack: ExitStack, now: datetime) -> Outcome:
        """Put everything in that the flow depends on; segments stay readable until the stack ends."""
        stack.enter_context(reading(self._paths.segments))
        clone = self._publishing.layout.clone
        published = [path.stem for path in self.workspace.segments.glob("*.parquet")]
        mark_published(self._paths, published)  # a cycle that was killed after its push has not done so
        intake = take_segments(self._paths, clone)
        champion = self._put_champion()
        drift = self._put_notes(intake.damaged)
        self._publishing.data.add()
        return Outcome(
            FAILED, "take", "", now, champion=champion, damaged=intake.damaged, drift=drift,
            new_segments=len(intake.new), new_bytes=intake.new_bytes,
        )  # fmt: skip

    def changed(self) -> bool:
        return self._publishing.data.changed()

    def why_unchanged(self) -> str:
        version = read_json(self.workspace.version)["version"]
        return (
            f"Nothing has changed since {version}: no new segment, the same parameters and champion, and the "
            "same code of every step up to the gate."
        )

    def name(self, begun: Outcome, now: datetime) -> Outcome:
        """Give the model that will be trained its name."""
        version = model_version(now, data_hash(self.workspace.segments))
        check_new(version, self._publishing.repository.tags())
        facts = {
            "version": version,
            "created_at": now.isoformat(timespec="seconds"),
            "kind": "full",
            "parent": None,
            "code_revision": self._publishing.repository.head(),
            "code_is_dirty": False,
        }
        write_json(self.workspace.version, facts)
        return replace(begun, version=version)

    def reproduce(self, named: Outcome) -> Outcome:
        """Run the flow; what it measured and decided is in the outcome."""
        self._publishing.data.reproduce()
        return replace(
            named,
            step="gate",
            gate=read_json(self.workspace.verdict / "gate.json"),
            metrics=read_json(self.workspace.metrics / "summary.json"),
            profile=read_json(self.workspace.metrics / "profile.json"),
        )

    def why_refused(self, trained: Outcome) -> str:
        checks = (trained.gate or {"checks": []})["checks"]
        failed = [one["sentence"] for one in checks if not one["passed"]]
        return f"{trained.version} was refused by the gate: {' '.join(failed)}"

    def upload(self) -> None:
        self._publishing.data.push()

    def commit(self, trained: Outcome) -> None:
        rmse = (trained.metrics or {}).get("rmse")
        said = "unknown" if rmse is None else f"{rmse:.4f}"
        message = f"model: {trained.version}\n\nRMSE {said}; {trained.new_segments} new segments.\n"
        self._publishing.repository.commit(message, COMMITTED)

    def push(self, trained: Outcome) -> None:
        """Publish commit and tag in one step."""
        version = str(trained.version)

        def tag() -> None:
            self._publishing.repository.tag(version, self._tag_message())

        tag()
        self._publishing.repository.push(version, tag)

    def ask_for_review(self, trained: Outcome) -> str:
        return self._publishing.repository.push_for_review(str(trained.version))

    def mark(self) -> None:
        """Say which segments have left this host: those are never joined any more."""
        mark_published(self._paths, [path.stem for path in self.workspace.segments.glob("*.parquet")])

    def intend(self, outcome: Outcome) -> None:
        """Write down what will have happened once the push is through."""
        write_json(self._publishing.layout.intended, outcome.to_json())

    def finish_interrupted(self) -> None:
        """Record the version that a killed cycle had published before it could say so."""
        intended = self._publishing.layout.intended
        if not intended.exists():
            return
        try:
            outcome = Outcome.from_json(read_json(intended))
        except (TrainingError, KeyError, TypeError, ValueError) as error:
            log.warning("%s cannot be read and is left out: %s", intended, error)
        else:
            if outcome.version in self._publishing.repository.tags():
                self.record(outcome)
        intended.unlink(missing_ok=True)

    def record(self, outcome: Outcome) -> None:
        """Tell whoever wants to know, and keep how the cycle ended; telling twice is theirs to prevent."""
        self._tell(outcome)
        layout = self._publishing.layout
        if outcome.kind == PUBLISHED:
            write_json(layout.last_published, outcome.to_json())
        write_json(layout.last, outcome.to_json())
        layout.intended.unlink(missing_ok=True)

    def retain(self, keep: int, settings: PublishSettings, *, dry_run: bool) -> tuple[Retention, str]:
        """Let old versions go, from DVC's cache and remote; what was released stays."""
        champion = self._choose_champion()["version"]
        protected = {*read_released(self._paths), *([champion] if champion else [])}
        retention = choose(self._publishing.repository.tags(), protected, keep)
        return retention, collect(self._publishing, settings, retention, dry_run=dry_run)

    def _choose_champion(self) -> dict[str, Any]:
        messages = self._publishing.repository.messages()
        tags = {version: content_hash(message) for version, message in messages.items()}
        return choose_champion(tags, read_serving(self._paths), read_rejected(self._paths))

    def _put_champion(self) -> dict[str, Any]:
        repository = self._publishing.repository
        champion = self._choose_champion()
        write_json(self.workspace.champion_facts, champion)
        version = champion["version"]
        self._publishing.data.use_model(None if version is None else repository.show(version, "dvc.lock"))
        return champion

    def _put_notes(self, damaged: Mapping[str, str]) -> dict[str, Any]:
        drift = findings_since(self._paths.drift_findings, self._last_published())
        write_json(self.workspace.intake, {"damaged": damaged, "drift": drift})
        rejected = [one for one in read_rejected(self._paths) if one.kind == ARTEFACT and one.content_hash]
        facts = [{"content_hash": one.content_hash, "reason": one.reason} for one in rejected]
        write_json(self.workspace.rejected, facts)
        return drift

    def _last_published(self) -> datetime | None:
        if not self.workspace.version.exists():
            return None
        return datetime.fromisoformat(read_json(self.workspace.version)["created_at"])

    def _tag_what_was_merged(self) -> None:
        """Tag the version that a person merged: its review is over."""
        if not self.workspace.version.exists():
            return
        version = str(read_json(self.workspace.version)["version"])
        if version not in self._publishing.repository.tags():
            self._publishing.data.restore_model()
            self._publishing.repository.tag(version, self._tag_message())
            self._publishing.repository.push_tag(version)

    def _tag_message(self) -> str:
        clone = self._publishing.layout.clone
        manifest = json.loads((self.workspace.model / "manifest.json").read_bytes())
        pointers = {path: (clone / f"{path}.dvc").read_text("utf-8") for path in INPUTS}
        return render_tag(manifest, (clone / "dvc.lock").read_text("utf-8"), pointers)
