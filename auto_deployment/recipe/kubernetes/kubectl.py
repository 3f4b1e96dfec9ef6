"""Kubernetes through its own command line: it knows contexts, certificates and tokens of every cluster."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.errors import RecipeError

TIMEOUT_S = 30.0


class Kubectl:
    """Reads and changes one namespace of the cluster that kubectl itself would take (`KUBECONFIG`)."""

    def __init__(self, namespace: str) -> None:
        """Raise `BadInputError` where there is no kubectl."""
        self.namespace = namespace
        program = shutil.which("kubectl")
        if program is None:
            raise BadInputError("There is no kubectl here: install it, and let KUBECONFIG name the cluster.")
        self._program = program

    def words(self, *words: str) -> list[str]:
        """Return a whole command."""
        return [self._program, f"--namespace={self.namespace}", *words]

    def run(self, *words: str, told: str | None = None) -> str:
        """Return what it says; raise `RecipeError` with what it complains of."""
        try:
            done = subprocess.run(
                self.words(f"--request-timeout={TIMEOUT_S:g}s", *words),
                input=told,
                capture_output=True,
                text=True,
                timeout=2 * TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RecipeError(
                f"kubectl {words[0]} took longer than {2 * TIMEOUT_S:.0f} s: is the cluster up?"
            ) from error
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["it said nothing"]
            raise RecipeError(f"kubectl {words[0]} failed: {lines[-1]}")
        return done.stdout

    def get(self, *words: str) -> Any:
        """Return objects as JSON."""
        return json.loads(self.run("get", *words, "--output=json"))

    def raw(self, path: str) -> Any:
        """Return the answer of the API to a path, as JSON."""
        return json.loads(self.run("get", "--raw", path))

    def apply(self, manifest: Mapping[str, Any]) -> None:
        self.run("apply", "--filename=-", told=json.dumps(manifest))
