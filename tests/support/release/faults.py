"""What goes wrong around the controller of releases."""

from auto_deployment.errors import MarqueeError
from auto_deployment.release.ports import PortError
from tests.support.release.world import World


def broken(*words: object) -> None:
    raise PortError("docker compose: the engine has no room")


def polls(world: World, count: int) -> list[str]:
    """Look so often; return what went wrong."""
    said = []
    for _ in range(count):
        try:
            world.poll()
        except MarqueeError as error:
            said.append(str(error))
    return said
