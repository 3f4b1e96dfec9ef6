"""A flow that is over in a moment: what a retraining cycle puts in and reads back, without any learning."""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DATA = Path("data")


def main() -> None:
    """Take one step, in the root of a clone."""
    STEPS[sys.argv[1]]()


def learn() -> None:
    """Make the content of a candidate out of the segments; one named bad-... does not pass the gate."""
    names = sorted(path.name for path in (DATA / "segments").glob("*.parquet"))
    if any(name.startswith("broken-") for name in names):
        sys.exit("marquee stage learn: learn cannot read this segment")
    content = hashlib.sha256()
    for name in names:
        content.update((DATA / "segments" / name).read_bytes())
    put("candidate/content", content.hexdigest())
    sentence = f"Badness is {sum(name.startswith('bad-') for name in names)}, at most 0 is allowed."
    passed = not any(name.startswith("bad-") for name in names)
    checks = [{"name": "badness", "passed": passed, "sentence": sentence}]
    put("gate/gate.json", {"passed": passed, "checks": checks, "lists": lists_of(names)})
    put("metrics/summary.json", {"rmse": 0.9, "ndcg_at_10": 0.2, "coverage": 0.5})
    put("metrics/profile.json", profile_of(len(names)))


def lists_of(names: list[str]) -> dict[str, Any]:
    """Let the lists be beyond a limit while the newest segment is named odd-..."""
    is_odd = bool(names) and names[-1].startswith("odd-")
    sentence = "Of 20 titles 1.0 stay, at least 6.0 have to."
    check = {"name": "list_overlap", "passed": not is_odd, "sentence": sentence, "value": 0.05, "limit": 0.3}
    return {"review": is_odd, "sentence": "Lists were compared.", "figures": None, "checks": [check]}


def profile_of(events: int) -> dict[str, Any]:
    return {
        "lines": {"rating": events},
        "kinds": {"rating": events},
        "days": [["2026-03-01", {"rating": events}]],
        "groups": {"gender": {"unknown": events}},
        "users": 1,
        "movies": events,
    }


def package() -> None:
    """Name the candidate."""
    facts = {name: json.loads((DATA / f"{name}.json").read_text()) for name in ("version", "champion")}
    content = json.loads((DATA / "candidate" / "content").read_text())
    gate = json.loads((DATA / "gate" / "gate.json").read_text())
    names = sorted(path.name for path in (DATA / "segments").glob("*.parquet"))
    made_of = {"champion": facts["champion"], "data": {"segments": names}}
    put("model/manifest.json", {**facts["version"], **made_of, "content_hash": content, "gate": gate})
    put("model/payload", content * 40)


def put(name: str, content: Any) -> None:
    path = DATA / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


STEPS: dict[str, Callable[[], None]] = {"learn": learn, "package": package}

if __name__ == "__main__":
    main()
