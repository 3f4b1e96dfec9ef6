"""Small simulated platforms."""

from dataclasses import fields, replace
from typing import Any

from auto_deployment.params import load_params
from auto_deployment.simulate.params import DamageParams, SimulateParams
from auto_deployment.simulate.platform.platform import Platform
from tests.support.project import PROJECT

NO_DAMAGE = DamageParams(*[0.0] * len(fields(DamageParams)))
PARAMS_FILE = PROJECT / "params.yaml"


def small_params(**changes: Any) -> SimulateParams:
    """Give the shipped parameters for two days of a small platform without damage, changed as asked."""
    params = load_params(PARAMS_FILE).simulate
    small = {"users": 150, "movies": 200, "days": 2, "damage": NO_DAMAGE}
    return replace(params, **{**small, **changes})


def small_platform(**changes: Any) -> Platform:
    """Build a platform of `small_params`."""
    return Platform.build(small_params(**changes))


def damage(**shares: float) -> DamageParams:
    """Give shares for some kinds of damage and none for all others."""
    return replace(NO_DAMAGE, **shares)
