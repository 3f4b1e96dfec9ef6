"""Instances to be measured: containers of their own from a service's image, beside what serves."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO

from auto_deployment.host.processes import end_with_parent, identity, still_runs
from auto_deployment.recipe.compose.engine import Engine, NotThereError
from auto_deployment.recipe.compose.model import Model
from auto_deployment.recipe.compose.samples import sampling
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import Step
from auto_deployment.recipe.search.instances import Address, RunningInstances, is_ready
from auto_deployment.recipe.search.ports import Size

LABEL = "marquee.recipe"
READY_WITHIN_S, LOOK_S, ENDS_WITHIN_S = 90.0, 0.2, 20.0
WARM_S, WARM_RATE = 3.0, 20.0


@dataclass(frozen=True, slots=True)
class ComposeBench:
    """Starts containers as the service of a project has them, but for size and name."""

    engine: Engine
    model: Model
    audience: Audience  # users, seed and time-out; its targets are those of the containers
    cores: float
    shares: Sequence[float] = ()
    ready_path: str = "/health/ready"
    path: str = "/recommend/{user}"

    @contextmanager
    def opened(self, size: Size, replicas: int) -> Iterator[RunningInstances]:
        """Start instances, wait until all are ready, and warm them."""
        with ExitStack() as stack:
            started = [stack.enter_context(self._running(size)) for _ in range(replicas)]
            found = [self._ready(name, process, complaints) for name, process, complaints in started]
            watched = partial(sampling, self.engine, [address.name for address in found])
            instances = RunningInstances(found, self.audience, self.shares, self.path, watched)
            instances.load([Step(WARM_S, WARM_RATE * replicas)])
            yield instances

    @contextmanager
    def _running(self, size: Size) -> Iterator[tuple[str, "subprocess.Popen[bytes]", IO[bytes]]]:
        """Run a container for as long as the block lasts, or this process."""
        name = f"marquee-recipe-{uuid.uuid4().hex[:8]}"
        label = f"--label={LABEL}={identity(os.getpid())}"
        words = [_docker(), "run", "--rm", f"--name={name}", label, *self.model.words(size)]
        with tempfile.TemporaryFile() as complaints:
            # The client passes on the signal that the kernel gives it when we are killed.
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints,
                env={**os.environ, **self.model.environ(size)}, start_new_session=True,
                preexec_fn=end_with_parent(),
            )  # fmt: skip
            try:
                yield name, process, complaints
            finally:
                _end(process, name)

    def _ready(self, name: str, process: "subprocess.Popen[bytes]", complaints: IO[bytes]) -> Address:
        """Wait for a container's service; raise `RecipeError` with what it said last."""
        deadline = time.monotonic() + READY_WITHIN_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                networks = self.engine.inspect(name)["NetworkSettings"]["Networks"].values()
            except NotThereError:
                networks = ()
            for network in networks:
                address = Address(name, network["IPAddress"], self.model.port)
                if address.host and is_ready(address, self.ready_path):
                    return address
            time.sleep(LOOK_S)
        complaints.seek(0)
        lines = complaints.read().decode(errors="replace").strip().splitlines()
        said = lines[-1] if lines else "it said nothing"
        raise RecipeError(
            f"An instance of {self.model.service} did not get ready at {self.ready_path} within "
            f"{READY_WITHIN_S:.0f} s ({said}): is it an HTTP service, and can it start alone?"
        )


def remove_leftovers(engine: Engine) -> int:
    """Remove instances whose measurement has ended without them; return how many there were."""
    left = [one["Id"] for one in engine.containers({LABEL: ""}) if not still_runs(one["Labels"][LABEL])]
    if left:
        subprocess.run([_docker(), "rm", "--force", *left], capture_output=True, check=False)
    return len(left)


def _docker() -> str:
    program = shutil.which("docker")
    if program is None:
        raise RecipeError("There is no docker command here: install Docker's client.")
    return program


def _end(process: "subprocess.Popen[bytes]", name: str) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        subprocess.run([_docker(), "rm", "--force", name], capture_output=True, check=False)
        process.kill()
        process.wait()
