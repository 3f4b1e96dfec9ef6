"""Who reads, who presses, and who has to wait."""

import pytest

from tests.console.conftest import TOKEN, Site


def test_reading_is_open_unless_it_is_set_to_need_the_token(site: Site) -> None:
    assert site.person().client.get("/release").status_code == 200
    closed = Site(site.paths.root, reading_needs_token=True)
    visitor = closed.person()
    answer = visitor.client.get("/release?page=2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/release?page%3D2")
    assert visitor.signs_in(after="/release?page=2").headers["Location"] == "/release?page=2"
    visitor.opens("/release")


def test_a_program_reads_with_the_token_in_its_header(site: Site) -> None:
    client = Site(site.paths.root, reading_needs_token=True).person().client
    assert client.get("/release", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client.get("/release", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/health/live").status_code == 200


def test_after_some_wrong_tokens_an_address_has_to_wait(site: Site) -> None:
    visitor = site.person()
    answers = [visitor.signs_in(token="wrong") for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert "That is not the token" in answers[0].text
    assert answers[-1].headers["Retry-After"] == "1"
    assert visitor.signs_in().status_code == 429  # else waiting would slow nobody
    site.clock.later(seconds=1)
    assert visitor.signs_in().status_code == 303


@pytest.mark.parametrize("name", ["", "  ", "a" * 61, "Ann\x07", "\u202eAnn"])
def test_nobody_signs_in_without_a_name_that_can_be_shown(site: Site, name: str) -> None:
    answer = site.person().signs_in(name)
    assert answer.status_code == 400
    assert "Type your name" in answer.text


def test_who_signs_in_is_named_on_every_page_and_can_leave(site: Site) -> None:
    visitor = site.person()
    assert visitor.signs_in(" Ann <b>  Lee ").status_code == 303
    assert "Ann &lt;b&gt; Lee" in visitor.opens("/")
    visitor.client.post("/sign-out", data={"form_key": "another"})
    assert "Sign out" in visitor.opens("/")
    visitor.client.post("/sign-out", data={"form_key": visitor.form_key()})
    assert "Sign out" not in visitor.opens("/")


def test_a_session_runs_out(site: Site) -> None:
    visitor = site.person()
    visitor.signs_in()
    site.clock.later(hours=7, minutes=59)
    assert "Sign out" in visitor.opens("/")
    site.clock.later(minutes=2)
    assert "Sign out" not in visitor.opens("/")
    assert "Your session ran out" in visitor.opens("/sign-in")


def test_the_cookie_is_for_this_site_and_no_script(site: Site) -> None:
    cookie = site.person().signs_in().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie


def test_a_restart_ends_no_session_and_another_token_ends_all(site: Site) -> None:
    visitor = site.person()
    visitor.signs_in()
    cookie = visitor.client.get_cookie("marquee-console")
    assert cookie is not None
    for token, is_signed_in in ((TOKEN, True), ("a token that is another one", False)):
        again = Site(site.paths.root, token=token).person()
        again.client.set_cookie("marquee-console", cookie.value)
        assert ("Sign out" in again.opens("/")) is is_signed_in


@pytest.mark.parametrize("after", ["https://example.org/", "//example.org", "/\\example.org", "javascript:x"])
def test_signing_in_leads_nowhere_else(site: Site, after: str) -> None:
    assert site.person().signs_in(after=after).headers["Location"] == "/"


def test_without_a_token_nobody_can_sign_in_and_the_page_says_why(site: Site) -> None:
    answer = Site(site.paths.root, token=None).person().client.get("/sign-in")
    assert answer.status_code == 403
    assert "CONSOLE_TOKEN_FILE" in answer.text
