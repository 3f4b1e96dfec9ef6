"""What computes a model in training: this machine, or a Spark cluster."""

from dataclasses import dataclass
from typing import Any

from auto_deployment.config.env import SettingsError, Variables, matching, one_of

ENGINES = ("local", "spark")
_HOST = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_MASTER = rf"local\[([1-9][0-9]*|\*)\]|spark://{_HOST}:[0-9]+(,{_HOST}:[0-9]+)*"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`engine` names one of `ENGINES`; `spark_driver_host` is where workers reach the training."""

    engine: str = "local"
    spark_master: str | None = None
    spark_driver_host: str | None = None


def engine_settings(**values: Any) -> EngineSettings:
    """Check the variables together; raise `SettingsError` where Spark has no master."""
    settings = EngineSettings(**values)
    if settings.engine == "spark" and settings.spark_master is None:
        raise SettingsError(
            "TRAIN_ENGINE is 'spark' and SPARK_MASTER is not set: name a master, for example "
            "spark://spark-master:7077, or local[2] for this machine."
        )
    return settings


VARIABLES: Variables = {
    "TRAIN_ENGINE": ("engine", one_of(ENGINES)),
    "SPARK_MASTER": ("spark_master", matching(_MASTER, "spark://HOST:PORT, or local[N] for this machine")),
    "SPARK_DRIVER_HOST": ("spark_driver_host", matching(_HOST, "a host's name or address")),
}
