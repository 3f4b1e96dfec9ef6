"""Mails of the retraining cycle: what was published or not, with every number, and what to do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auto_deployment.cycle import mail_sections
from auto_deployment.cycle.mail_pages import (
    ADVICE,
    drift_mail,
    failed_mail,
    published_mail,
    refused_mail,
    unchanged_mail,
    waiting_mail,
)
from auto_deployment.cycle.mails import MAILS
from auto_deployment.cycle.outcome import FAILED, FOR_REVIEW, PUBLISHED, REFUSED, Outcome
from auto_deployment.ingest.drift import drift
from auto_deployment.mail.mail import Mail
from auto_deployment.training.gate.checks import GateCheck, GateResult, at_least, at_most, not_computable

STARTED = datetime(2026, 3, 5, 5, 51, 12, tzinfo=UTC)
VERSION = "20260305T0552-3f9a21c4"
RESULT = GateResult(
    (
        at_most("rmse", {"value": 1.0413, "low": 1.0372, "high": 1.0455}, 1.0, "RMSE on later events (1-5)"),
        at_least("coverage", {"value": 0.412, "low": None, "high": None}, 0.05, "Share of all movies"),
        not_computable("champion_ndcg", "NDCG could not be measured: too few users."),
    )
)
PROFILE = {
    "kinds": {"watches": 900, "ratings": 100},
    "days": [("2026-03-03", {"watches": 400, "ratings": 60}), ("2026-03-04", {"watches": 500})],
    "groups": {"gender": {"F": 250, "M": 740, "unknown": 10}, "age": {"18-24": 1000}, "activity": {}},
    "users": 321,
    "movies": 123,
}
OUTCOME = Outcome(
    REFUSED, "push", "How it ended.", STARTED, VERSION, {"version": "20260303T0551-b07c11e9"},
    RESULT.to_json(), {"rmse": 1.0413, "ndcg_at_10": 0.3412, "coverage": None},
    new_segments=192, new_bytes=48_211_934, seconds=268.0,
)  # fmt: skip
NEXT = STARTED + timedelta(days=2)
NO_MODEL = replace(OUTCOME, version=None, gate=None, metrics=None)


def text_of(text: str) -> str:
    return " ".join(text.split())


def test_a_published_mail_says_how_good_the_model_is_and_what_comes_next() -> None:
    passed = GateResult(tuple(check for check in RESULT.checks if check.passed))
    mail = published_mail(replace(OUTCOME, gate=passed.to_json()), NEXT)
    text = text_of(mail.text)
    assert mail.subject == f"Published: model {VERSION}, RMSE 1.0413"
    assert "It passed all 1 checks of the gate." in text
    assert "NDCG@10 of lists 0.3412" in text
    assert "Movies on anybody's list \u2013" in text
    assert "Champion: 20260303T0551-b07c11e9." in text
    assert f"scripts/deploy.sh {VERSION}" in text
    assert "The next cycle: 2026-03-07 05:51 UTC (in 2 d)." in text
    assert "192 segments, 48.2 MB" in text
    assert "Took 4 min 28 s" in text


def test_a_published_mail_shows_the_training_data() -> None:
    mail = published_mail(replace(OUTCOME, profile=PROFILE), NEXT)
    text = text_of(mail.text)
    assert "1,000 events (900 watches, 100 ratings) by 321 users of 123 movies, 2026-03-03 to" in text
    for row in ("F 250 25 %", "M 740 74 %", "unknown 10 1 %", "18-24 1,000 100 %"):
        assert row in text
    assert "Activity" not in text  # there is nothing to say about it
    assert set(mail.images) == {"days"}
    assert 'src="cid:days"' in mail.html
    for number in ("250", "25 %", "740", "74 %"):
        assert f">{number}<" in mail.html


def test_a_model_that_waits_for_review_is_not_said_to_be_published() -> None:
    mail = published_mail(replace(OUTCOME, kind=FOR_REVIEW), NEXT)
    assert mail.subject.startswith(f"Waiting for review: model {VERSION}")
    assert f"Merge retrain/{VERSION} to publish it" in text_of(mail.text)
    assert "deploy.sh" not in mail.text


def test_a_refused_mail_has_the_rmse_and_every_failed_check_with_its_numbers() -> None:
    mail = refused_mail(OUTCOME, NEXT)
    assert mail.subject == f"Refused by the gate: model {VERSION}, RMSE 1.0413"
    for one in (text_of(mail.text), text_of(mail.html)):
        assert "2 of 3 checks of the gate did not pass: RMSE; NDCG minus the champion" in one
        assert "RMSE on later events (1-5) is 1.041 (1.037 to 1.046), at most 1 is allowed." in one
        assert "NDCG could not be measured: too few users." in one
        for number in ("1.041", "1.037 to 1.046", "0.412", "0.05"):
            assert number in one
    text = text_of(mail.text)
    assert text.index("failed") < text.index("passed")
    assert "the model that serves goes on serving" in text


def test_a_failed_mail_names_the_step_and_what_to_do() -> None:
    damaged = {"20260304T1911-000042": "its checksum is wrong"}
    mail = failed_mail(replace(NO_MODEL, kind=FAILED, damaged=damaged), NEXT)
    text = text_of(mail.text)
    assert mail.subject == "Retraining failed at push"
    assert "How it ended." in text
    assert ADVICE["push"] in text
    assert "Failed at push" in text
    assert "Damaged: 20260304T1911-000042 its checksum is wrong" in text
    assert "retrain --now" in text
    assert "docker compose logs --since 24h scheduler" in text


def test_a_failed_mail_of_a_named_model_names_it() -> None:
    assert (
        failed_mail(replace(OUTCOME, kind=FAILED), NEXT).subject
        == f"Retraining failed at push: model {VERSION}"
    )


def test_without_a_champion_the_mail_says_so() -> None:
    assert (
        "There is no champion yet." in refused_mail(replace(OUTCOME, champion={"version": None}), NEXT).text
    )


def test_drift_is_told_once_a_day_with_numbers() -> None:
    finding = {"now": 2.4134, "before": 3.5221, "lines": 18_220}

    def about(outcome: Outcome, *names: str) -> Mail:
        return drift_mail(replace(outcome, drift=dict.fromkeys(names, finding)), trailing_days=7)

    mail = about(OUTCOME, "rating_mean")
    assert mail.subject == "Strong drift: mean rating, 1-5"
    for one in (text_of(mail.text), mail.html):
        for number in ("Mean rating, 1-5", "2.41", "3.52", "18,220", "last 7 d"):
            assert number in one
    again, tomorrow = (replace(OUTCOME, started=STARTED + timedelta(hours=hours)) for hours in (3, 24))
    assert about(again, "rating_mean").key == mail.key
    assert about(tomorrow, "rating_mean").key != mail.key
    assert about(OUTCOME, "rating_mean", "new_titles").key != mail.key


def test_every_check_of_drift_has_a_name_in_words() -> None:
    assert set(mail_sections.DRIFT) == set(drift.CHECKS)


def test_a_cycle_without_anything_new_is_not_called_refused() -> None:
    mail = unchanged_mail(replace(NO_MODEL, sentence="No new segment."), NEXT)
    assert mail.subject == "Nothing new"
    assert "No new segment." in mail.text
    assert "refused" not in mail.text


def test_each_cycle_has_its_own_key() -> None:
    later = replace(OUTCOME, started=STARTED + timedelta(hours=1))
    keys = {
        render(outcome, NEXT).key
        for render in (published_mail, refused_mail, failed_mail)
        for outcome in (OUTCOME, later)
    }
    assert len(keys) == 6
    again = replace(OUTCOME, sentence="Said again.")
    assert refused_mail(again, NEXT).key == refused_mail(OUTCOME, NEXT).key


def test_that_nothing_has_come_in_yet_is_said_once_a_day() -> None:
    now, again, tomorrow = (
        waiting_mail(replace(OUTCOME, started=STARTED + timedelta(hours=hours)), NEXT) for hours in (0, 1, 24)
    )
    assert again.key == now.key != tomorrow.key


@pytest.mark.parametrize("kind", [PUBLISHED, FOR_REVIEW, REFUSED, FAILED])
def test_nothing_from_outside_becomes_markup(kind: str) -> None:
    hostile = "x\r\nBcc: a@b <script>alert(1)</script>\x1b[31m"
    gate = GateResult((GateCheck(hostile, False, hostile),)).to_json()
    profile = PROFILE | {"kinds": {hostile: 1}, "groups": {hostile: {hostile: 1}}, "days": []}
    outcome = replace(
        OUTCOME, kind=kind, sentence=hostile, version=hostile, step=hostile, gate=gate,
        champion={"version": hostile}, damaged={hostile: hostile}, profile=profile,
    )  # fmt: skip
    mail = MAILS[kind](outcome, NEXT)
    assert "<script" not in mail.html
    assert "\x1b" not in mail.html + mail.text
