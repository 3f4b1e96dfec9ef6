"""The API of Kubernetes, asked as the pod's own account with time limits; the only place that reaches it."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from auto_deployment.release.ports import PortError

TIMEOUT_S = 10.0
URL = "https://kubernetes.default.svc"
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
APPLY = "`kubectl apply -k` with the overlay brings it back"
STRATEGIC = "application/strategic-merge-patch+json"  # containers are merged by their names
Thing = dict[str, Any]


class ApiError(PortError):
    """The API does not do what it was asked for."""


class NotThereError(ApiError):
    """The API answered that an object does not exist."""


@dataclass(frozen=True, slots=True)
class Api:
    """Objects of one namespace."""

    url: str
    namespace: str
    token: Path  # Kubernetes replaces it within the hour
    authorities: Path | None = None

    @classmethod
    def of_pod(cls, url: str = URL, account: Path = ACCOUNT) -> "Api":
        """Return the API as the pod that we are in may ask it; raise `PortError` outside of one."""
        try:
            namespace = (account / "namespace").read_text("utf-8").strip()
        except OSError as error:
            raise PortError(
                f"There is no service account at {account} ({error.strerror}): "
                "INSTANCES=kubernetes is for a pod."
            ) from error
        return cls(url, namespace, account / "token", account / "ca.crt")

    def deployment(self, name: str) -> Thing:
        return self._call("GET", f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}")

    def change_deployment(self, name: str, patch: Mapping[str, Any]) -> None:
        self._call("PATCH", f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}", patch)

    def service(self, name: str) -> Thing:
        return self._call("GET", f"/api/v1/namespaces/{self.namespace}/services/{name}")

    def change_service(self, name: str, patch: Mapping[str, Any]) -> None:
        self._call("PATCH", f"/api/v1/namespaces/{self.namespace}/services/{name}", patch)

    def pods(self, app: str) -> list[Thing]:
        """Return the pods with this label, also those that are about to go."""
        found = self._call(
            "GET", f"/api/v1/namespaces/{self.namespace}/pods?labelSelector={quote(f'app={app}')}"
        )
        items: list[Thing] = found.get("items") or []
        return items

    def _call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Thing:
        """Return the answer; raise `ApiError` with a sentence for people."""
        what = path.partition("?")[0].split(self.namespace + "/", 1)[-1]
        try:
            asked = Request(
                self.url + path,
                method=verb,
                data=None if body is None else json.dumps(body).encode(),
                headers={
                    "Authorization": f"Bearer {self.token.read_text('utf-8').strip()}",
                    "Content-Type": STRATEGIC,
                    "Accept": "application/json",
                },
            )
            with urlopen(asked, timeout=TIMEOUT_S, context=self._trust()) as answer:
                found: Thing = json.load(answer)
                return found
        except HTTPError as error:
            raise self._refused(error, verb, what) from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise ApiError(f"Kubernetes' API does not answer ({verb} {what}: {reason}).") from error
        except ValueError as error:
            raise ApiError(f"Kubernetes' API does not answer with JSON ({verb} {what}).") from error

    def _trust(self) -> ssl.SSLContext | None:
        if self.authorities is None:
            return None
        context = ssl.create_default_context(cafile=str(self.authorities))
        # Since 3.13 Python asks for each extension of RFC 5280, which the authorities of many clusters lack.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def _refused(self, error: HTTPError, verb: str, what: str) -> ApiError:
        message = _message(error)
        if error.code == 404:
            return NotThereError(f"There is no {what} in the namespace {self.namespace}: {APPLY}.")
        if error.code in (401, 403):
            return ApiError(
                f"Kubernetes forbids {verb} {what}: has the Role release-controller been changed? ({message})"
            )
        if error.code == 409:
            return ApiError(f"Somebody else changed {what} at the same moment: the next look tries again.")
        return ApiError(f"Kubernetes refuses {verb} {what} with {error.code}: {message}")


def _message(error: HTTPError) -> str:
    """Return the API's own words."""
    try:
        text = error.read(100_000).decode("utf-8", "replace")
        return str(json.loads(text)["message"])
    except (OSError, HTTPException, KeyError, TypeError, ValueError):
        return str(error.reason)
