"""The command line in the process of a test, for what a command says."""

import io
import os
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from auto_deployment.cli import main


def said_by(environ: Mapping[str, str], *words: str) -> str:
    """Call a command in this environment and no other; return what it prints."""
    said = io.StringIO()
    with patch.dict(os.environ, environ, clear=True), redirect_stdout(said), redirect_stderr(said):
        main(words)
    return said.getvalue()
