"""What a job knows of the push that it is about, from GitLab's own variables."""

import re
from collections.abc import Mapping

MERGED = re.compile(r"^See merge request \S*!(\d+)\s*$", re.MULTILINE)


def origin_of(env: Mapping[str, str]) -> dict[str, str]:
    """Return what goes with the release; what is not known is left out."""
    found = {
        "image_id": env.get("IMAGE_ID", ""),
        "pipeline": env.get("CI_PIPELINE_ID", ""),
        "pipeline_iid": env.get("CI_PIPELINE_IID", ""),
        "pipeline_url": env.get("CI_PIPELINE_URL", ""),
        "merge_request": merge_request_of(env),
        "author": re.sub(r"\s*<[^>]*>\s*$", "", env.get("CI_COMMIT_AUTHOR", "")),
        "ref": env.get("CI_COMMIT_TAG") or env.get("CI_COMMIT_REF_NAME", ""),
    }
    return {key: value for key, value in found.items() if value}


def merge_request_of(env: Mapping[str, str]) -> str:
    """Return the number of the merge request that brought the commit, as GitLab's merge commits say it."""
    said = MERGED.findall(env.get("CI_COMMIT_MESSAGE", ""))
    return env.get("CI_MERGE_REQUEST_IID") or (str(said[-1]) if said else "")
