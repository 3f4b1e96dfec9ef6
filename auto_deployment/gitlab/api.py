"""GitLab's API, as far as it is needed: JSON in, JSON out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

TIMEOUT_S = 10.0


class GitLabError(Exception):
    """GitLab does not answer (`status` 0), or refuses; the message never holds the token."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class GitLabProject:
    """One project, as one token may use it."""

    url: str  # of the API, https://gitlab.example.org/api/v4
    id: str
    token: str = field(repr=False)

    def post(self, path: str, fields: Mapping[str, str]) -> Any:
        """Send fields as a form; `path` is below the project. Raise `GitLabError`."""
        return self._ask(path, urlencode(fields).encode())

    def get(self, path: str) -> Any:
        """Return what is there; raise `GitLabError`."""
        return self._ask(path, None)

    def _ask(self, path: str, data: bytes | None) -> Any:
        address = f"{self.url.rstrip('/')}/projects/{quote(self.id, safe='')}/{path}"
        try:
            request = Request(address, data, {"PRIVATE-TOKEN": self.token})
            with urlopen(request, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            with error:
                said = error.read(500).decode("utf-8", "replace")
            raise GitLabError(f"GitLab answers {error.code} to {path}: {said}", error.code) from None
        except (OSError, HTTPException, ValueError) as error:
            raise GitLabError(f"GitLab does not answer to {path}: {error}") from None


def project_of(env: Mapping[str, str]) -> GitLabProject | None:
    """Return the project of a job or of the controller, None without a token: then nothing is said."""
    token, file = env.get("GITLAB_TOKEN", ""), env.get("GITLAB_TOKEN_FILE", "")
    if not token and file:
        try:
            token = Path(file).read_text("utf-8").strip()
        except OSError as error:
            raise GitLabError(f"GITLAB_TOKEN_FILE {file} cannot be read ({error.strerror}).") from error
    url = env.get("GITLAB_API_URL") or env.get("CI_API_V4_URL", "")
    number = env.get("GITLAB_PROJECT_ID") or env.get("CI_PROJECT_ID", "")
    return GitLabProject(url, number, token) if token and url and number else None
