"""Who gets requests on Kubernetes: the Service `canary` leads to the canary, or to nobody."""

from typing import Any

from auto_deployment.edge.nginx_config import TrafficParams
from auto_deployment.release.kubernetes.api import Api
from auto_deployment.release.reconcile import CANARY_NAME, NAMES, Traffic
from auto_deployment.release.upstream_file import FIRST_SALT

SERVING_ARE, SALT = "marquee/serving", "marquee/salt"
# A label that no pod has: as long as it is selected, the name of the canary leads to nobody, and NGINX gives
# its users to stable.
HELD = "marquee/held"


class KubernetesEdge:
    """Annotations of the Service `canary` say what was asked for, and its selector does it.

    Stable always gets requests, whatever names are told: it is one Deployment, whose pods come and go by
    readiness. The salt is written down and changes nothing: NGINX' own is fixed in the overlay.
    """

    def __init__(self, api: Api, params: TrafficParams) -> None:
        self._api, self._params = api, params

    def read(self) -> Traffic:
        """Return what was asked for last; no names, if nothing yet. Raises `PortError`."""
        noted = self._api.service(CANARY_NAME)["metadata"].get("annotations") or {}
        names = frozenset(noted.get(SERVING_ARE, "").split(",")) & set(NAMES)
        return Traffic(names, noted.get(SALT, FIRST_SALT), {name: self._weight(name) for name in names})

    def write(self, traffic: Traffic) -> None:
        """Let the canary's name lead to it or to nobody. Raises `PortError`."""
        held = None if CANARY_NAME in traffic.names else "true"
        noted = {SERVING_ARE: ",".join(sorted(traffic.names)), SALT: traffic.salt}
        patch: dict[str, Any] = {"metadata": {"annotations": noted}, "spec": {"selector": {HELD: held}}}
        self._api.change_service(CANARY_NAME, patch)

    def _weight(self, name: str) -> int:
        return self._params.canary_weight if name == CANARY_NAME else self._params.stable_weight
