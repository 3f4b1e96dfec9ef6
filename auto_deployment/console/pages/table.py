"""All pages, in the order of the menu."""

from auto_deployment.console.page import Page
from auto_deployment.console.pages import now, release

PAGES = (
    Page("now", "/", "Now", "now.html", now.facts),
    Page("release", "/release", "Release", "release.html", release.facts),
)
