"""Where `recipe` measures, and the files in which its proposal is taken there."""

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from auto_deployment.commands.measure.shared import project
from auto_deployment.errors import BadInputError
from auto_deployment.recipe.compose.engine import Engine
from auto_deployment.recipe.compose.model import model_of
from auto_deployment.recipe.compose.values import environment, override
from auto_deployment.recipe.kubernetes.kubectl import Kubectl
from auto_deployment.recipe.kubernetes.pattern import Pattern, pattern_of
from auto_deployment.recipe.kubernetes.values import sizes
from auto_deployment.recipe.search.find import Recipe
from auto_deployment.recipe.search.ports import Bench
from auto_deployment.recipe.search.scaling import scaling
from auto_deployment.recipe.search.wish import Wish

LEFT = "removed %d instances that an earlier measurement had left"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Platform:
    """A bench, and what makes of a recipe the contents of files by name."""

    bench: Bench
    files: Callable[[Recipe], Mapping[str, str]]


def compose(args: argparse.Namespace, services: Sequence[str], wish: Wish) -> Platform:
    """Take a Compose project; raise `BadInputError` when a service of it does not run."""
    # Imported here: what sends takes a quarter of a second to load.
    from auto_deployment.recipe.compose.bench import ComposeBench, remove_leftovers
    from auto_deployment.recipe.load.sender import Audience

    engine = Engine()
    model = model_of(engine, project(args.project), services, args.port)
    if left := remove_leftovers(engine):
        log.warning(LEFT, left)
    audience = Audience((), args.users, seed=args.seed)
    bench = ComposeBench(engine, model, audience, engine.cores(), wish.shares, args.ready, args.path)

    def files(found: Recipe) -> dict[str, str]:
        deployment = found.chosen.deployment
        return {
            "recipe.env": environment(deployment),
            "recipe.override.yml": override(deployment, services),
        }

    return Platform(bench, files)


def kubernetes(args: argparse.Namespace, services: Sequence[str]) -> Platform:
    """Take a Deployment of a namespace; raise `BadInputError` when it is not there."""
    from auto_deployment.recipe.kubernetes.bench import KubernetesBench, free_cores, remove_leftovers
    from auto_deployment.recipe.load.sender import Audience

    if len(services) > 1:
        raise BadInputError("With --namespace --services is one Deployment: its pods share the load alike.")
    kubectl = Kubectl(args.namespace)
    pattern = pattern_of(kubectl, services[0], args.port)
    if left := remove_leftovers(kubectl):
        log.warning(LEFT, left)
    audience = Audience((), args.users, seed=args.seed)
    bench = KubernetesBench(kubectl, pattern, audience, free_cores(kubectl), args.ready, args.path)
    return Platform(bench, lambda found: _sizes(found, pattern))


def _sizes(found: Recipe, pattern: Pattern) -> dict[str, str]:
    bounds = scaling(found)
    if bounds is None:
        log.warning("how much processor was used at the peaks is not known: no sizes.yaml, verify for longer")
        return {}
    return {"sizes.yaml": sizes(found.chosen.deployment, bounds, pattern.service, pattern.container)}
