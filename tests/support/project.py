"""Where the project is, and what it ships."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PARAMS_FILE = PROJECT / "params.yaml"
