"""A running service of a project as the pattern of instances to be measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.compose.engine import Engine
from auto_deployment.recipe.compose.project import PROJECT, SERVICE, others
from auto_deployment.recipe.compose.stats import MB
from auto_deployment.recipe.search.ports import Size

# It serves nobody: nothing is counted as shown, and nobody tells it of recent events.
ALONE = {"IMPRESSIONS": "off", "REDIS_URL": ""}
OF_THE_IMAGE = {"PATH", "HOME", "HOSTNAME"}


@dataclass(frozen=True, slots=True)
class Model:
    """A service, and its container as the engine describes it."""

    service: str
    container: Mapping[str, Any]
    port: int

    def environ(self, size: Size) -> dict[str, str]:
        """Return what the service is told. It goes by the environment, as it may have secrets."""
        pairs = (one.partition("=") for one in self.container["Config"]["Env"] or ())
        given = {name: value for name, _, value in pairs if name not in OF_THE_IMAGE}
        return given | ALONE | {"WORKERS": str(size.workers), "THREADS": str(size.threads)}

    def words(self, size: Size) -> list[str]:
        """Return the words after `docker run` for an instance of a size."""
        config, limits = self.container["Config"], self.container["HostConfig"]
        # The first process of a container does not end by a signal that it has no handler for.
        found = ["--init", f"--cpus={size.cpu:g}", f"--stop-timeout={config.get('StopTimeout') or 10}"]
        if size.memory_mb is not None:
            limit = round(size.memory_mb * MB)
            found += [f"--memory={limit}", f"--memory-swap={limit}"]
        found += [f"--env={name}" for name in self.environ(size)]
        found += [f"--tmpfs={path}:{options}" for path, options in (limits.get("Tmpfs") or {}).items()]
        found += [f"--cap-drop={name}" for name in limits.get("CapDrop") or ()]
        found += [f"--security-opt={option}" for option in limits.get("SecurityOpt") or ()]
        if self.container.get("Mounts"):  # a model may be in a volume; nothing is written there
            found.append(f"--volumes-from={self.container['Id']}:ro")
        found += ["--read-only"] if limits.get("ReadonlyRootfs") else []
        found += [f"--network={name}" for name in list(self.container["NetworkSettings"]["Networks"])[:1]]
        return [*found, self.container["Image"], *(config.get("Cmd") or ())]


def model_of(engine: Engine, project: str, services: Sequence[str], port: int | None) -> Model:
    """Take the first service as the pattern; raise `BadInputError` when one of them does not run."""
    for service in services:
        if not engine.containers({PROJECT: project, SERVICE: service}):
            raise BadInputError(f"{service} of the Compose project {project} does not run: {others(engine)}")
    listed = engine.containers({PROJECT: project, SERVICE: services[0]})
    container = engine.inspect(listed[0]["Id"])
    return Model(services[0], container, port or _port(container, services[0]))


def _port(container: Mapping[str, Any], service: str) -> int:
    config = container["Config"]
    given = dict(one.split("=", 1) for one in config["Env"] or () if "=" in one).get("PORT", "")
    exposed = sorted(
        int(one.partition("/")[0]) for one in config.get("ExposedPorts") or () if one.endswith("/tcp")
    )
    if given.isdecimal():
        return int(given)
    if not exposed:
        raise BadInputError(f"{service} does not say on which port it listens: name it with --port.")
    return exposed[0]
