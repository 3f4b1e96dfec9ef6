"""What Gunicorn calls: loading waits for others, and what is said of it reaches who called."""

import os
import threading
from pathlib import Path

import pytest
from flask import Flask

import app.wsgi as wsgi
from app.artifact import ArtifactError
from app.config import Settings
from app.serving import wait_for_model


def test_what_is_loaded_waits_for_others_and_workers_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are forked by the thread that called."""
    before, found = os.getpriority(os.PRIO_PROCESS, 0), []

    def build(settings: Settings) -> Flask:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return Flask("app")

    monkeypatch.setattr(wsgi, "create_app", build)
    monkeypatch.setenv("MODEL_DIR", "data")
    assert isinstance(wsgi.application(), Flask)
    assert found == [max(before, wsgi.STARTING_NICENESS)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_model_that_cannot_be_used_ends_the_process_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def build(settings: Settings) -> Flask:
        raise ArtifactError(f"{tmp_path} has no manifest.json.")

    monkeypatch.setattr(wsgi, "create_app", build)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        wsgi.application()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{tmp_path} has no manifest.json.\n"


def test_a_start_waits_for_a_model_that_is_still_being_brought(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps: list[float] = []

    def step(seconds: float) -> None:
        steps.append(seconds)
        if len(steps) == 3:
            (tmp_path / "manifest.json").write_text("{}")

    monkeypatch.setattr("app.serving.time.sleep", step)
    wait_for_model(tmp_path, 3600)
    assert len(steps) == 3
    wait_for_model(tmp_path, 3600)
    assert len(steps) == 3


def test_a_start_does_not_wait_for_ever_and_not_at_all_unless_told_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = 0.0

    def step(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr("app.serving.time.monotonic", lambda: now)
    monkeypatch.setattr("app.serving.time.sleep", step)
    wait_for_model(tmp_path, 0)
    assert now == 0
    wait_for_model(tmp_path, 55)
    assert 55 <= now < 56
