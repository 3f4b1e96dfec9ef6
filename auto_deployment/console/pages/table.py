"""All pages, in the order of the menu."""

from auto_deployment.console.page import Page
from auto_deployment.console.pages import now, release, releases

PAGES = (
    Page("now", "/", "Now", "now.html", now.facts),
    Page("release", "/release", "Release", "release.html", release.facts),
    Page(
        "releases",
        "/releases",
        "Earlier releases",
        "releases.html",
        releases.facts,
        in_menu=False,
        part_of="release",
    ),
    Page(
        "past_release",
        "/releases/<key>",
        "Earlier release",
        "release.html",
        release.past,
        in_menu=False,
        part_of="release",
    ),
)
