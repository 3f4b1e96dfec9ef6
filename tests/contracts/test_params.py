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
        ("canary_weight", None, "traffic.canary_weight is missing"),
        ("canary_wieght", 3, r"traffic\.canary_wieght \(unknown key, known here are stable_weight, "),
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


@pytest.mark.parametrize(
    ("section", "key", "advice"),
    [("gate", "popularity_factor_min", "remove it"), ("als", "rating_power", "it is .* now: move it there")],
)
def test_a_key_of_an_older_version_says_what_to_do_with_it(
    file: Path, section: str, key: str, advice: str
) -> None:
    content = yaml.safe_load(file.read_text("utf-8"))
    {**content, "als": content["training"]["train"]["als"]}[section][key] = 1.1
    file.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(BadInputError, match=rf"{section}\.{key} \({advice}"):
        load_params(file)


def test_a_file_of_an_older_version_is_told_all_differences_at_once(file: Path) -> None:
    content = yaml.safe_load(file.read_text("utf-8"))
    del content["feedback"], content["training"]["train"]["items"], content["retrain"]["forgotten_days"]
    content["gate"]["popularity_factor_min"] = 1.1
    file.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(BadInputError) as refused:
        load_params(file)
    assert str(refused.value).startswith(
        "params.yaml is not one of this version. Take the params.yaml that came"
    )
    for part in (
        "feedback is missing",
        "training.train.items is missing",
        "retrain.forgotten_days is missing",
        "gate.popularity_factor_min (remove it",
    ):
        assert part in str(refused.value)


def test_a_file_from_before_the_list_diff_is_read_with_the_limits_that_are_shipped(
    file: Path, shipped: Params
) -> None:
    content = yaml.safe_load(file.read_text("utf-8"))
    del content["gate"]["lists"]
    file.write_text(yaml.safe_dump(content), "utf-8")
    assert load_params(file) == shipped
    content["gate"]["lists"] = {"users": 100}
    file.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(BadInputError, match=r"gate\.lists\.overlap_min is missing"):
        load_params(file)


def test_a_section_that_is_not_a_mapping_is_refused(file: Path) -> None:
    file.write_text("traffic: 5\n", "utf-8")
    with pytest.raises(BadInputError):
        load_params(file)
