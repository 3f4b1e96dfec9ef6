"""Who approved the merge request that brought a commit: GitLab is asked where a token is set."""

from auto_deployment.gitlab.api import GitLabProject


def review_of(project: GitLabProject, commit: str) -> dict[str, str]:
    """Return number, author and approvers of the newest merged request with this commit, as far as known.

    Raises `GitLabError`.
    """
    found = project.get(f"repository/commits/{commit}/merge_requests")
    merged = [one for one in found or () if one.get("state") == "merged"]
    if not merged:
        return {}
    newest = max(merged, key=lambda one: str(one.get("merged_at") or ""))
    number = str(newest["iid"])
    approvals = project.get(f"merge_requests/{number}/approvals")
    names = [one["user"]["username"] for one in approvals.get("approved_by", ())]
    review = {"merge_request": number, "author": (newest.get("author") or {}).get("username", "")}
    return {key: value for key, value in {**review, "approver": ", ".join(names)}.items() if value}
