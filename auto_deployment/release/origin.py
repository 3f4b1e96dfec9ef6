"""Where a candidate comes from, as the pipeline knows it: it goes with the release to its end."""

from collections.abc import Mapping, Sequence

from auto_deployment.errors import BadInputError

# key -> what people read
LABELS = {
    "merge_request": "Merge request",
    "author": "Author",
    "approver": "Approved by",
    "ref": "Branch or tag",
    "pipeline": "Pipeline",
    "pipeline_url": "Pipeline page",
    "revision": "Revision",
    "image_id": "Image",
}
LONGEST = 300


def parse_origin(words: Sequence[str]) -> dict[str, str]:
    """Read KEY=VALUE words; raise `BadInputError` naming what cannot be used. Empty values are left out."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if key not in LABELS or not equals:
            raise BadInputError(f"{word!r} is no KEY=VALUE with a key of {', '.join(LABELS)}.")
        if len(value) > LONGEST or not value.isprintable():
            raise BadInputError(f"{key} has to be one line of at most {LONGEST} characters.")
        if value:
            found[key] = value
    return found


def described(origin: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is known as label and value, in the usual order."""
    return [(label, origin[key]) for key, label in LABELS.items() if key in origin]


def origin_line(origin: Mapping[str, str]) -> str:
    """Return what a person wants to know of it, in one line."""
    words = [
        f"merge request !{origin['merge_request']}" if "merge_request" in origin else origin.get("ref", ""),
        f"by {origin['author']}" if "author" in origin else "",
        f"approved by {origin['approver']}" if "approver" in origin else "",
        f"pipeline {origin['pipeline']}" if "pipeline" in origin else "",
    ]
    return ", ".join(word for word in words if word) or f"image {origin.get('image_id', 'unknown')[:19]}"
