"""Which libraries a model comes from."""

import platform
from importlib import metadata

LIBRARIES = ("implicit", "numpy", "pandas", "scikit-surprise", "scipy")


def library_versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in LIBRARIES}
