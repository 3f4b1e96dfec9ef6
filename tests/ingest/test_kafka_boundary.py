"""The client library is known in few places, so that replacing it stays a small work."""

import ast
from pathlib import Path

from tests.support.project import PROJECT

PACKAGE = PROJECT / "auto_deployment"
KNOWS_KAFKA = {"ingest/consumer.py", "ingest/kafka_client.py", "simulate/kafka_output.py"}


def test_only_the_modules_that_talk_to_the_broker_import_its_library() -> None:
    found = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if "kafka" in imported(path)}
    assert found == KNOWS_KAFKA


def imported(path: Path) -> set[str]:
    """Return the outermost packages that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
