"""*Release*: where the newest one stands."""

from auto_deployment.console.page import Asked, Console, Facts
from auto_deployment.release.store import Store


def facts(console: Console, asked: Asked) -> Facts:
    return {"record": Store(console.paths.releases).newest()}
