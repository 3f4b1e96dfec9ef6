"""The command line and its settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auto_deployment.cli import COMMANDS, main
from auto_deployment.commands import events, feedback, fleet, release, search
from auto_deployment.config import Settings, SettingsError
from tests.support.imports import loaded_by
from tests.support.project import PROJECT


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert command in capsys.readouterr().out


def test_an_unknown_command_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["conquer"])
    assert stop.value.code == 2
    assert "simulate" in capsys.readouterr().err


def test_a_reader_of_the_output_that_has_gone_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "auto_deployment", "feedback", "query", "SELECT 1"],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOG_LEVEL", "LOUD"), ("RATING_SCALE", "5"), ("RATING_SCALE", "5-1"), ("RATING_SCALE", "a-b")],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


def test_a_bad_setting_ends_a_command_with_one_sentence_and_status_2() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "auto_deployment", "train"],
        cwd=PROJECT, env={"LOG_LEVEL": "LOUD"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr == "LOG_LEVEL is 'LOUD': use one of DEBUG, INFO, WARNING, ERROR.\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATING_SCALE", "5-1"),
        ("KAFKA_BOOTSTRAP", "nonsense"),
        ("KAFKA_TOPIC", "a topic"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("INGEST_METRICS_PORT", "0"),
        ("KAFKA_SASL_PASSWORD_FILE", "/nowhere"),
    ],
)
def test_ingest_with_a_bad_setting_ends_with_one_sentence_that_names_it_and_its_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["ingest"]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith(name)
    assert value in sentence


def test_a_stage_loads_no_library_of_another_stage() -> None:
    heavy = {"implicit", "matplotlib", "pandas", "scipy", "surprise"}
    allowed = {"prepare": {"pandas"}, "train": {"implicit", "pandas", "scipy"}, "gate": set()}
    for stage, needed in allowed.items():
        code = f"import auto_deployment.commands.stage; from auto_deployment.training.{stage} import stage"
        assert loaded_by(code) & heavy <= needed, stage
    beside = "import auto_deployment.training.train.beside, auto_deployment.training.train.rating_models"
    assert loaded_by(beside) & {"pandas", "pyarrow", "scipy"} == set()


def test_a_cycle_which_leaves_tables_to_its_stages_loads_no_pandas() -> None:
    assert "pandas" not in loaded_by("import auto_deployment.commands.retrain")


def test_importing_the_command_line_loads_no_heavy_library() -> None:
    assert loaded_by("import auto_deployment.cli") & {"pandas", "surprise", "flask"} == set()


@pytest.mark.parametrize(
    ("group", "word"),
    [("release", word) for word in sorted(release.WORDS)]
    + [("feedback", word) for word in sorted(feedback.WORDS)]
    + [("events", word) for word in sorted(events.WORDS)]
    + [("fleet", word) for word in sorted(fleet.WORDS)]
    + [("search", word) for word in sorted(search.WORDS)],
)
def test_every_word_of_a_group_explains_itself(
    group: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([group, word, "--help"])
    assert stop.value.code == 0
    assert f"{group} {word}" in capsys.readouterr().out


@pytest.mark.parametrize("word", sorted(fleet.WORDS))
def test_a_word_about_a_store_in_a_folder_loads_nothing_slow(word: str) -> None:
    """An agent is on every node, beside what serves; fsspec is for stores at an address."""
    slow = {"fsspec", "dvc", "flask", "pandas", "pyarrow", "scipy", "matplotlib"}
    assert loaded_by(f"from auto_deployment.commands.fleet import load; load('{word}')") & slow == set()


@pytest.mark.parametrize("word", ["history", "status", "abort"])
def test_a_word_of_releases_loads_nothing_that_only_the_controller_needs(word: str, tmp_path: Path) -> None:
    """People wait for it: what mails and plots need takes four times as long to load."""
    code = f"from auto_deployment.cli import main; main(['release', '{word}'])"
    assert loaded_by(code, {"DATA_DIR": str(tmp_path)}) & {"matplotlib", "pandas", "scipy"} == set()
