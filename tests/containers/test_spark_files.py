"""What deploy/spark promises: nothing of Spark without its profile, and one image for all of its parts."""

import re
from typing import Any

import yaml

from auto_deployment.config import Settings
from auto_deployment.params import load_params
from tests.support.project import PROJECT

FILE = PROJECT / "deploy" / "spark" / "docker-compose.yml"
DEFAULT = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))["services"]
    return found


def unset(text: str) -> str:
    return DEFAULT.sub(r"\1", text)


def test_nothing_of_spark_runs_without_its_profile() -> None:
    parts = {name for name in services() if name.startswith("spark-")}
    assert parts == {"spark-master", "spark-worker-1", "spark-worker-2"}
    assert all(services()[name]["profiles"] == ["spark"] for name in parts)


def test_the_plain_stack_knows_nothing_of_it() -> None:
    assert "spark" not in (PROJECT / "docker-compose.yml").read_text("utf-8").lower()


def test_all_parts_have_one_image_as_workers_need_the_python_of_who_asks_them() -> None:
    assert len({one["image"] for one in services().values()}) == 1
    assert {one["build"]["target"] for one in services().values()} == {"spark"}


def test_what_the_scheduler_is_told_is_taken() -> None:
    told = {name: unset(value) for name, value in services()["scheduler"]["environment"].items()}
    engine = Settings.from_env(told).engine
    assert (engine.engine, engine.spark_master) == ("spark", "spark://spark-master:7077")
    assert engine.spark_driver_host == "scheduler"


def test_a_worker_may_hand_out_as_much_memory_as_a_training_asks_for() -> None:
    words = [unset(word) for word in services()["spark-worker-1"]["command"]]
    (memory,) = [word.removeprefix("--memory=") for word in words if word.startswith("--memory=")]
    assert memory.endswith("g")
    assert int(memory[:-1]) * 1024 >= load_params(PROJECT / "params.yaml").spark.executor_memory_mb
