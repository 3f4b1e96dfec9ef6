"""What is said to GitLab, against a server that writes down each request."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from auto_deployment.gitlab import note
from auto_deployment.gitlab.api import GitLabError, GitLabProject, project_of
from auto_deployment.gitlab.approvals import review_of
from auto_deployment.gitlab.statuses import CommitStatus, CommitStatuses
from tests.support.waiting import eventually

TOKEN = "glpat-secret"


class FakeGitLab:
    """Answers as told; `requests` are method, path, token and fields."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str, dict[str, str]]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                fields = {key: values[0] for key, values in parse_qs(body).items()}
                token = self.headers.get("PRIVATE-TOKEN", "")
                outer.requests.append((self.command, self.path, token, fields))
                status, content = outer.answers.get(self.path.rpartition("/projects/7/")[2], (200, {}))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.project = GitLabProject(f"http://127.0.0.1:{self.server.server_port}/api/v4", "7", TOKEN)


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    fake = FakeGitLab()
    thread = threading.Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


def test_a_phase_becomes_the_status_of_the_commit(gitlab: FakeGitLab) -> None:
    with CommitStatuses(gitlab.project, every_s=0.01) as statuses:
        statuses.want(CommitStatus("abc", "baking", "v2-abc is baking: so far so good.", "https://page"))
        eventually(lambda: len(gitlab.requests) == 1)
        statuses.want(CommitStatus("abc", "promoted", "x" * 300))
        eventually(lambda: len(gitlab.requests) == 2)
        statuses.want(CommitStatus("abc", "promoted", "x" * 300))
    first, second = gitlab.requests
    assert first[:3] == ("POST", "/api/v4/projects/7/statuses/abc", TOKEN)
    assert first[3] == {
        "state": "running",
        "name": "release",
        "description": "v2-abc is baking: so far so good.",
        "target_url": "https://page",
    }
    assert second[3]["state"] == "success"
    assert len(second[3]["description"]) == 255


def test_a_gitlab_that_errs_is_told_again_what_is_newest_then(gitlab: FakeGitLab) -> None:
    gitlab.answers["statuses/abc"] = (503, "busy")
    with CommitStatuses(gitlab.project, every_s=0.01, after_fault_s=0.01) as statuses:
        statuses.want(CommitStatus("abc", "baking", "first"))
        eventually(lambda: len(gitlab.requests) > 2)
        statuses.want(CommitStatus("abc", "aborted", "last"))
        gitlab.answers.clear()
        eventually(lambda: gitlab.requests[-1][3]["state"] == "failed")


def test_what_was_said_before_a_restart_is_not_said_for_ever(gitlab: FakeGitLab) -> None:
    gitlab.answers["statuses/abc"] = (400, {"message": "Cannot transition status via :success from :success"})
    with CommitStatuses(gitlab.project, every_s=0.01, after_fault_s=0.01) as statuses:
        statuses.want(CommitStatus("abc", "promoted", "first"))
        eventually(lambda: len(gitlab.requests) == 1)
        statuses.want(CommitStatus("def", "promoted", "other"))
        eventually(lambda: len(gitlab.requests) == 2)
    assert [request[1].rpartition("/")[2] for request in gitlab.requests] == ["abc", "def"]


def test_without_a_token_nothing_is_said() -> None:
    assert project_of({"CI_API_V4_URL": "https://gitlab.example.org/api/v4", "CI_PROJECT_ID": "7"}) is None
    with CommitStatuses(None) as statuses:
        statuses.want(CommitStatus("abc", "promoted", "first"))
    assert threading.active_count() >= 1


def test_a_token_may_lie_in_a_file_and_is_in_no_message(gitlab: FakeGitLab, tmp_path: Any) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    env = {"GITLAB_API_URL": gitlab.project.url, "GITLAB_PROJECT_ID": "7", "GITLAB_TOKEN_FILE": str(file)}
    assert project_of(env) == gitlab.project
    assert TOKEN not in repr(gitlab.project)
    gitlab.answers["nowhere"] = (404, {"message": "404 Not Found"})
    with pytest.raises(GitLabError, match="GitLab answers 404 to nowhere") as caught:
        gitlab.project.get("nowhere")
    assert TOKEN not in str(caught.value)
    with pytest.raises(GitLabError, match="cannot be read"):
        project_of({**env, "GITLAB_TOKEN_FILE": str(tmp_path / "other")})


def test_who_reviewed_a_commit_is_asked(gitlab: FakeGitLab) -> None:
    merged = {"state": "merged", "iid": 12, "merged_at": "2026-03-02", "author": {"username": "ann"}}
    gitlab.answers["repository/commits/abc/merge_requests"] = (200, [{"state": "opened", "iid": 13}, merged])
    approvals = {"approved_by": [{"user": {"username": "bob"}}, {"user": {"username": "cid"}}]}
    gitlab.answers["merge_requests/12/approvals"] = (200, approvals)
    assert review_of(gitlab.project, "abc") == {
        "merge_request": "12",
        "author": "ann",
        "approver": "bob, cid",
    }
    gitlab.answers["repository/commits/abc/merge_requests"] = (200, [])
    assert review_of(gitlab.project, "abc") == {}


def test_a_note_shows_the_figures_that_change(
    gitlab: FakeGitLab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"base": {"rmse": 0.91, "coverage": 0.3}, "HEAD": {"rmse": 0.89, "coverage": 0.3, "new": None}}
    checks = [
        {"name": "list_overlap", "passed": False, "sentence": "Of 20 titles 3.0 stay; at least 6.0 have to."},
        {"name": "list_rbo", "passed": True, "sentence": "By rank lists agree to 0.300."},
    ]
    found: dict[str, dict[str, Any]] = {
        note.SUMMARY: figures,
        note.GATE: {"HEAD": {"lists": {"sentence": "Said.", "checks": checks}}},
    }
    monkeypatch.setattr(note, "_read", lambda revision, path: found[path][revision])
    env = {
        "CI_MERGE_REQUEST_IID": "12",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "base",
        "CI_API_V4_URL": gitlab.project.url,
        "CI_PROJECT_ID": "7",
    }
    assert note.main(env) == 0
    assert gitlab.requests == []
    assert note.main({**env, "GITLAB_TOKEN": TOKEN}) == 0
    (request,) = gitlab.requests
    assert request[1].endswith("/merge_requests/12/notes")
    assert "| rmse | 0.9100 | 0.8900 |" in request[3]["body"]
    assert "coverage" not in request[3]["body"]
    assert "- **beyond its limit**: Of 20 titles 3.0 stay; at least 6.0 have to." in request[3]["body"]
    assert "- By rank lists agree to 0.300." in request[3]["body"]
    assert "data/gate/lists.html" in request[3]["body"]
    gitlab.answers["merge_requests/12/notes"] = (403, "insufficient_scope")
    assert note.main({**env, "GITLAB_TOKEN": TOKEN}) == 0
    assert "The merge request has no note: GitLab answers 403" in capsys.readouterr().err


@pytest.mark.parametrize("gate", [{}, {"passed": True}, {"lists": {"sentence": "", "checks": []}}])
def test_a_gate_that_compared_no_lists_adds_nothing_to_the_note(gate: dict[str, Any]) -> None:
    assert note.lists(gate) == ""


def test_one_commit_that_gitlab_does_not_take_holds_up_no_other(gitlab: FakeGitLab) -> None:
    gitlab.answers["statuses/abc"] = (500, "again")
    with CommitStatuses(gitlab.project, every_s=0.01, after_fault_s=0.01) as statuses:
        statuses.want(CommitStatus("abc", "promoted", "first"))
        statuses.want(CommitStatus("def", "promoted", "other"))
        eventually(lambda: any(request[1].endswith("/def") for request in gitlab.requests))


def test_an_address_that_is_none_is_said(gitlab: FakeGitLab) -> None:
    with pytest.raises(GitLabError, match="GitLab does not answer to nowhere"):
        GitLabProject("gitlab.example.org/api/v4", "7", TOKEN).get("nowhere")
