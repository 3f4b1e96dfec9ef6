"""All pages, in the order of the menu, and the documents that some of them frame."""

from auto_deployment.console.documents import Document
from auto_deployment.console.page import Page
from auto_deployment.console.pages import (
    alerts,
    compare,
    data,
    fleet,
    mails,
    models,
    now,
    release,
    releases,
    version,
    version_files,
)

_VERSION = "/models/<version>"

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
    Page("models", "/models", "Models", "models.html", models.facts),
    Page("compare", "/models/compare", "Two versions", "compare.html", compare.facts, False, "models"),
    Page("version", _VERSION, "Version", "version.html", version.facts, False, "models"),
    Page(
        "version_gate", f"{_VERSION}/gate", "Gate", "version_gate.html", version_files.gate, False, "models"
    ),
    Page(
        "version_lists",
        f"{_VERSION}/lists",
        "Lists against the champion's",
        "version_document.html",
        version_files.lists,
        False,
        "models",
    ),
    Page(
        "version_report",
        f"{_VERSION}/report",
        "Report",
        "version_document.html",
        version_files.report,
        False,
        "models",
    ),
    Page("data", "/data", "Data", "data.html", data.facts),
    Page("quarantine", "/data/quarantine", "Quarantine", "quarantine.html", data.quarantine, False, "data"),
    Page(
        "quarantine_lines",
        "/data/quarantine/<name>",
        "Rejected lines",
        "quarantine_lines.html",
        data.lines,
        False,
        "data",
    ),
    Page("mails", "/mails", "Mails", "mails.html", mails.facts),
    Page("mail", "/mails/<box>/<stem>", "Mail", "mail.html", mails.mail, False, "mails"),
    Page("fleet", "/fleet", "Fleet", "fleet.html", fleet.facts, in_menu=False),  # but where there is a master
    Page("alerts", "/alerts", "Alerts", "alerts.html", alerts.facts),
    Page(
        "operations",
        "/alerts/operations",
        "Operations",
        "operations.html",
        alerts.operations,
        False,
        "alerts",
    ),
)

DOCUMENTS = (
    Document("version_lists_page", f"{_VERSION}/lists.html", version_files.lists_page),
    Document("version_report_page", f"{_VERSION}/report.html", version_files.report_page),
    Document("mail_page", "/mails/<box>/<stem>/page.html", mails.mail_page),
)
