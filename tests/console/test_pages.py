"""Every page stands on an empty data directory, and what all of them share."""

import hashlib
import re
from pathlib import Path

import pytest

from auto_deployment.console.assets import NAMES, STATIC
from auto_deployment.console.page import Page
from auto_deployment.console.pages.table import PAGES
from tests.console.conftest import Site

TEMPLATES = STATIC.parent / "templates"


@pytest.mark.parametrize("page", [one for one in PAGES if "<" not in one.rule], ids=lambda page: page.name)
def test_a_page_of_the_menu_opens_before_there_is_any_data(site: Site, page: Page) -> None:
    text = site.person().opens(page.rule)
    assert f"<title>{page.title} - Marquee console</title>" in text
    assert text.count("<h1>") == 1
    if page.in_menu:
        assert f'aria-current="page">{page.title}</a>' in text


def test_names_and_addresses_of_pages_are_there_once() -> None:
    assert len({page.name for page in PAGES}) == len({page.rule for page in PAGES}) == len(PAGES)


def test_nothing_but_our_own_files_may_run_on_any_page(site: Site) -> None:
    for address in ("/", "/release", "/nowhere", "/sign-in"):
        policy = site.person().client.get(address).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_what_the_policy_forbids_or_lets_text_through_as_it_is(template: Path) -> None:
    text = template.read_text("utf-8")
    assert re.findall(r"\sstyle=|\son[a-z]+=|<style|<script(?! src=)|\|\s*safe|autoescape", text) == []


def test_the_plot_library_is_the_published_one() -> None:
    rows = re.findall(
        r"^([0-9a-f]{64})  (\S+)$", (STATIC / "vendor" / "SHA256SUMS").read_text(), re.MULTILINE
    )
    assert {name for _, name in rows} == {
        path.name for path in (STATIC / "vendor").iterdir() if path.name != "SHA256SUMS"
    }
    for digest, name in rows:
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest


def test_style_and_script_are_kept_by_browsers_until_they_change(site: Site) -> None:
    client = site.person().client
    found = re.findall(r'(?:src|href)="(/static/[^"]+)"', site.person().opens("/"))
    assert {address.split("/", 3)[3] for address in found} == set(NAMES)
    for address in found:
        answer = client.get(address)
        assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True)
    assert client.get(f"/static/old/{NAMES[0]}").headers["Cache-Control"] == "no-store"
    assert client.get("/static/x/../console.css").status_code == 404
    assert client.get("/static/x/vendor/SHA256SUMS").status_code == 404


def test_what_is_not_there_is_said_on_a_page_with_the_menu(site: Site) -> None:
    answer = site.person().client.get("/nowhere")
    assert answer.status_code == 404
    assert "the menu above has all of them" in answer.text
    assert ">Release</a>" in answer.text
    assert site.person().client.post("/").status_code == 405
