"""Which engine a setting means."""

from auto_deployment.training.params import SparkParams
from auto_deployment.training.train.engines.local import LOCAL
from auto_deployment.training.train.engines.port import Engine


def engine_of(name: str, master: str | None, driver_host: str | None, params: SparkParams) -> Engine:
    """Return the engine of this name, `local` or `spark`; only the latter needs the rest.

    Raises `TrainingError` where Spark or Java is not installed: before anything is read or computed.
    """
    if name == "local" or master is None:
        return LOCAL
    # What trains locally need not have it, and does not wait for it.
    from auto_deployment.training.train.engines.spark.engine import SparkEngine
    from auto_deployment.training.train.engines.spark.session import Cluster, check_installed

    check_installed()
    return SparkEngine(Cluster(master, driver_host), params)
