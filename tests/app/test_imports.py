"""What importing loads: the service without the training's libraries, a model without a web framework."""

from pathlib import Path

import pytest

from tests.support.imports import loaded_by

TRAINING = {"surprise", "implicit", "scipy", "pandas", "pyarrow", "sklearn", "kafka", "auto_deployment"}
RPC = {"grpc", "google"}
WEB = {"flask", "werkzeug", "gunicorn", "prometheus_client", "prometheus_flask_exporter"}
ANSWER = """
from pathlib import Path
from app.config import Settings
client = app.create_app(Settings(Path({model!r}))).test_client()
assert client.get("/recommend/7").status_code == client.get("/metrics").status_code == 200
"""


@pytest.mark.parametrize("module", ["app", "app.artifact", "app.recommender"])
def test_a_model_is_read_and_written_without_a_web_framework(module: str) -> None:
    assert loaded_by(f"import {module}") & (WEB | TRAINING) == set()


def test_the_service_answers_without_the_libraries_of_the_training_and_of_grpc(model_dir: Path) -> None:
    loaded = loaded_by(f"import app\n{ANSWER.format(model=str(model_dir))}")
    assert "flask" in loaded
    assert loaded & (TRAINING | RPC) == set()
