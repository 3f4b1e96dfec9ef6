"""A recorded release, judged again."""

import json
from pathlib import Path

import pytest
import yaml

from auto_deployment.cli import main
from auto_deployment.release.judge.judge import ReleaseVerdict
from auto_deployment.release.judge.replay import replay
from tests.support.project import PROJECT
from tests.support.release.ticks import counts, good, short, tick


@pytest.fixture
def params(tmp_path: Path) -> Path:
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["release"]["judge"] |= {"window_s": 600, "max_window_s": 1200}
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def store(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_a_release_ends_with_its_first_final_verdict() -> None:
    bad = tick(counts(60, bad=30), counts(240))
    result = replay([*good(3), bad, *good(20)], short())
    assert (result.judgement.verdict, result.ticks, result.of, result.final) == (
        ReleaseVerdict.ABORT,
        4,
        24,
        True,
    )
    assert (replay(good(20), short()).judgement.verdict, replay(good(20), short()).ticks) == (
        ReleaseVerdict.PROMOTE,
        10,
    )


def test_a_release_under_way_has_no_final_verdict() -> None:
    assert not replay(good(5), short()).final
    assert replay([], short()).judgement.verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE


def test_other_limits_give_another_verdict(
    tmp_path: Path, params: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = store(tmp_path / "release.json", {"phase": "baking", "ticks": [one.to_json() for one in good(20)]})
    assert main(["release", "replay", str(file)]) == 0
    assert capsys.readouterr().out.startswith("not-enough-evidence still, after 20 of 20 ticks.")
    assert main(["release", "replay", str(file), f"--params={params}"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("promote after 10 of 20 ticks. The window of 10 min is over.")
    assert "  bad-answers             kept            0 of 600 users" in out


def test_the_judgement_is_printed_for_programs(
    tmp_path: Path, params: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = store(tmp_path / "ticks.json", [one.to_json() for one in good(10)])
    assert main(["release", "replay", str(file), f"--params={params}", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["verdict"], printed["ticks"], len(printed["checks"])) == ("promote", 10, 6)


def test_a_promoted_release_of_version_0_1_is_promoted_again_without_a_check_that_it_did_not_record(
    tmp_path: Path, params: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = [one.to_json() for one in good(10)]
    for tick_of_0_1 in recorded:
        for track in tick_of_0_1["counts"].values():
            del track["newly_slow"]
    file = store(tmp_path / "release.json", {"ticks": recorded})
    assert main(["release", "replay", str(file), f"--params={params}"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("promote after 10 of 10 ticks.")
    assert "slow-against-stable" not in out


def test_a_release_that_shows_nothing_ends_inconclusive() -> None:
    result = replay([tick(counts(10))] * 30, short())
    assert (result.judgement.verdict, result.ticks) == (ReleaseVerdict.INCONCLUSIVE, 20)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is not JSON"),
        ("{}", "has no ticks"),
        ('{"ticks": [{}]}', "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_release_is_refused_with_a_sentence(
    tmp_path: Path, content: str | None, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "release.json"
    if content is not None:
        file.write_text(content, "utf-8")
    assert main(["release", "replay", str(file)]) == 2
    assert sentence in capsys.readouterr().err
