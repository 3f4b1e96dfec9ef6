"""What the service has to do, asked over HTTP of the image that becomes the canary. Standard library only.

Runs beside a container of it (scripts/gitlab/test-app.sh); RELEASE is what every answer must name.
"""
# ruff: noqa: PT009 - it runs where there is no pytest

import json
import os
import time
import unittest
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

RELEASE = os.environ.get("RELEASE", "")
PORT = int(os.environ.get("PORT", "8000"))
READY_WITHIN_S = 60.0


class Answer(NamedTuple):
    """A response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


def get(path: str, **headers: str) -> Answer:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read().decode())
    finally:
        connection.close()


def setUpModule() -> None:
    deadline_s = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            if get("/health/ready").status == 200:
                return
            reason = "it is not ready"
        except (OSError, HTTPException) as error:
            reason = str(error)
        if time.monotonic() > deadline_s:
            raise AssertionError(f"The service does not answer within {READY_WITHIN_S:.0f} s: {reason}")
        time.sleep(0.2)


class Service(unittest.TestCase):
    def test_a_recommendation_is_twenty_different_titles_of_this_release(self) -> None:
        for user in (1, 42, 1000, 999_999_999):
            with self.subTest(user=user):
                answer = get(f"/recommend/{user}")
                self.assertEqual(answer.status, 200)
                self.assertEqual(len(set(answer.body.split(","))), 20)
                self.assertEqual(answer.headers["x-release"], RELEASE)
                self.assertTrue(RELEASE.startswith(answer.headers["x-model-version"]))
                self.assertIn(answer.headers["x-recommendation-source"], ("personal", "popular"))

    def test_somebody_has_a_list_of_his_own(self) -> None:
        sources = {get(f"/recommend/{user}").headers["x-recommendation-source"] for user in range(1, 400)}
        self.assertIn("personal", sources)

    def test_whom_nobody_knows_gets_the_popular_titles(self) -> None:
        answer = get("/recommend/999999999")
        self.assertEqual(answer.headers["x-recommendation-source"], "popular")
        self.assertEqual(answer.body, get("/popular").body)

    def test_the_same_as_json_has_scores(self) -> None:
        document = json.loads(get("/recommend/42", Accept="application/json").body)
        self.assertEqual(len(document["items"]), 20)
        self.assertTrue(all(isinstance(item["score"], float) for item in document["items"]))

    def test_a_bad_user_is_the_callers_mistake(self) -> None:
        for user in ("-5", "abc", "1.5", "%00"):
            with self.subTest(user=user):
                self.assertIn(get(f"/recommend/{user}").status, (400, 404))

    def test_an_unknown_page_is_not_found(self) -> None:
        self.assertEqual(get("/nowhere").status, 404)

    def test_it_says_its_version_its_health_and_its_metrics(self) -> None:
        self.assertIn(RELEASE, get("/version").body)
        self.assertEqual(get("/health/live").status, 200)
        self.assertIn("flask_http_request_duration_seconds_count", get("/metrics").body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
