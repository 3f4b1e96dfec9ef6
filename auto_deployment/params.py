"""`params.yaml` as frozen objects: every number that someone may argue about, checked when it is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import yaml

from auto_deployment.checks.params import ChecksParams
from auto_deployment.cycle.schedule import RetrainParams
from auto_deployment.edge.nginx_config import TrafficParams as TrafficParams
from auto_deployment.errors import BadInputError
from auto_deployment.feedback.params import FeedbackParams
from auto_deployment.fleet.params import FleetParams
from auto_deployment.host.codec import LATER
from auto_deployment.ingest.params import IngestParams
from auto_deployment.release.params import ReleaseParams
from auto_deployment.simulate.params import SimulateParams
from auto_deployment.training.gate.checks import GateParams
from auto_deployment.training.index.params import SearchParams
from auto_deployment.training.params import SparkParams, TrainingParams

T = TypeVar("T")

# `yaml.safe_load` in C where PyYAML has it: every command and stage reads the file.
YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What a file of an older version may still have, and what to do with it.
REMOVED = {
    "gate.popularity_factor_min": "remove it: lists have to be surely better than popularity, whatever the "
    "factor",
    "training.train.als.rating_power": "it is training.train.rating_power now: move it there",
}


@dataclass(frozen=True, slots=True)
class Params:
    """The whole of `params.yaml`, a field for each section."""

    traffic: TrafficParams
    simulate: SimulateParams
    training: TrainingParams
    gate: GateParams
    retrain: RetrainParams
    ingest: IngestParams
    release: ReleaseParams
    feedback: FeedbackParams
    checks: ChecksParams
    fleet: FleetParams = field(default_factory=FleetParams, metadata=LATER)
    search: SearchParams = field(default_factory=SearchParams, metadata=LATER)
    spark: SparkParams = field(default_factory=SparkParams, metadata=LATER)


def load_params(path: Path) -> Params:
    """Read and check a parameter file; raise `BadInputError` naming the key that is wrong."""
    try:
        content = yaml.load(path.read_text("utf-8"), YAML)
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read ({error.strerror}): set PARAMS_FILE or run from the project."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    differences = list(_differences(Params, content, ""))
    if len(differences) > 1:
        raise BadInputError(
            f"{path.name} is not one of this version. Take the params.yaml that came with it and make your "
            f"changes there, or change this one: {'; '.join(differences)}."
        )
    if differences:
        raise BadInputError(f"{path.name}: {differences[0]}.")
    return build(Params, content, path.name)


def _differences(cls: Any, content: object, above: str) -> Iterator[str]:
    """Yield what is to be done with each key that is too much or missing, also in the sections below."""
    if not isinstance(content, Mapping):
        return
    hints = get_type_hints(cls)
    later = {one.name for one in fields(cls) if one.metadata.get("later")}  # what older files lack
    for name in content:
        if name not in hints:
            known = f"unknown key, known here are {', '.join(hints)}"
            yield f"{above}{name} ({REMOVED.get(f'{above}{name}', known)})"
    for name, hint in hints.items():
        if name not in content:
            if name not in later:
                yield f"{above}{name} is missing"
        elif is_dataclass(hint):
            yield from _differences(hint, content[name], f"{above}{name}.")


def build(cls: type[T], content: object, where: str) -> T:
    """Make a dataclass of a mapping whose keys are those of the class; refuse values of another type."""
    if not isinstance(content, Mapping):
        raise BadInputError(f"{where} must be a mapping of names to values.")
    hints = get_type_hints(cls)
    return cls(**{name: _value(hints[name], one, f"{where}: {name}") for name, one in content.items()})


def _value(hint: Any, value: object, where: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value, where)
    if isinstance(hint, UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    if getattr(hint, "__origin__", None) is tuple and isinstance(value, list):
        return tuple(_value(get_args(hint)[0], one, where) for one in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(hint, type) or type(value) is not hint:
        raise BadInputError(f"{where} is {value!r}, which is not {getattr(hint, '__name__', hint)}.")
    return value
