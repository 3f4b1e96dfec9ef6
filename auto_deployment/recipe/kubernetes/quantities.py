"""Kubernetes' quantities as numbers: 250m, 1500000n, 128Mi, 1.5G."""

import re

from auto_deployment.recipe.errors import RecipeError

QUANTITY = re.compile(r"([+-]?[0-9.]+)([a-zA-Z]*)|([+-]?[0-9.]+[eE][+-]?[0-9]+)")
SUFFIXES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip


def number(quantity: str | float) -> float:
    """Return cores of CPU, bytes of memory; raise `RecipeError` for what is no quantity."""
    found = QUANTITY.fullmatch(str(quantity))
    if found and found[3]:
        return float(found[3])
    if found and found[2] in SUFFIXES:
        return float(found[1]) * SUFFIXES[found[2]]
    raise RecipeError(f"{quantity!r} is no quantity of Kubernetes.")
