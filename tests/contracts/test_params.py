"""`params.yaml`: read strictly, and shipped with the values that the product promises."""

from pathlib import Path

import pytest
import yaml

from auto_deployment.errors import BadInputError
from auto_deployment.params import Params, load_params
from tests.support.project import PROJECT


@pytest.fixture
def shipped() -> Params:
    return load_params(PROJECT / "params.yaml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_bytes((PROJECT / "params.yaml").read_bytes())
    return path


def test_the_shipped_split_is_80_to_20(shipped: Params) -> None:
    traffic = shipped.traffic
    total = 2 * traffic.stable_weight + traffic.canary_weight
    assert traffic.canary_weight / total == pytest.approx(0.20)


def test_all_attempts_together_stay_below_what_a_caller_waits(shipped: Params) -> None:
    assert shipped.traffic.attempts * shipped.traffic.attempt_timeout_ms <= 500


def test_a_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"nowhere\.yaml cannot be read .*PARAMS_FILE"):
        load_params(tmp_path / "nowhere.yaml")


def test_a_file_that_is_not_yaml_is_refused(file: Path) -> None:
    file.write_text("traffic: [", "utf-8")
    with pytest.raises(BadInputError, match=r"params\.yaml is not YAML"):
        load_params(file)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("canary_weight", None, "lacks the key 'canary_weight'"),
        ("canary_wieght", 3, "unknown key 'canary_wieght'"),
        ("canary_weight", "many", "canary_weight is 'many', which is not int"),
        ("canary_weight", True, "canary_weight is True, which is not int"),
        ("canary_weight", 20.5, "canary_weight is 20.5, which is not int"),
    ],
)
def test_a_wrong_key_or_value_is_named(file: Path, key: str, value: object, message: str) -> None:
    content = yaml.safe_load(file.read_text("utf-8"))
    content["traffic"].pop(key, None)
    if value is not None:
        content["traffic"][key] = value
    file.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(BadInputError, match=message):
        load_params(file)


def test_a_key_of_an_older_version_says_what_to_do_with_it(file: Path) -> None:
    content = yaml.safe_load(file.read_text("utf-8"))
    content["gate"]["popularity_factor_min"] = 1.1
    file.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(
        BadInputError, match=r"gate has the key 'popularity_factor_min', which is gone: remove it"
    ):
        load_params(file)


def test_a_section_that_is_not_a_mapping_is_refused(file: Path) -> None:
    file.write_text("traffic: 5\n", "utf-8")
    with pytest.raises(BadInputError):
        load_params(file)
