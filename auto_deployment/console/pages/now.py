"""*Now*: who serves what."""

from auto_deployment.console.page import Asked, Console, Facts
from auto_deployment.release.records import read_serving


def facts(console: Console, asked: Asked) -> Facts:
    return {"serving": read_serving(console.paths)}
