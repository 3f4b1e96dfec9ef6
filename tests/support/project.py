"""Where the project is, and what it ships."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PARAMS_FILE = PROJECT / "params.yaml"
# Small inputs in the shape of real ones, beside the project where they are at all.
IMPORT_CASES = PROJECT.parent / "shared" / "cases" / "imports"
