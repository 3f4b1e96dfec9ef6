"""`python3 -m auto_deployment.gitlab WORD`: what the jobs `deploy`, `continue`, `approve` and others say."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from auto_deployment.gitlab.api import GitLabError, project_of
from auto_deployment.gitlab.approvals import review_of
from auto_deployment.gitlab.origin import origin_of
from auto_deployment.gitlab.ssh import DeployServerError, encoded, tell
from auto_deployment.gitlab.variables import VariablesError, is_set, server_of

USAGE = 64
SAID = ("approve", "abort", "rollback")
CONTINUE = "continue"


def main(argv: Sequence[str] | None = None, env: Mapping[str, str] = os.environ) -> int:
    """Do what the word says; return the job's status, with a sentence on stderr where it is not 0."""
    args = _parser().parse_args(argv)
    try:
        if args.word == "model" and not is_set(env):
            return 0  # nobody to ask
        server = server_of(env)
        with ExitStack() as stack:
            words, stdin = [args.word], None
            if args.word == "deploy":
                words = _deployment(env)
                stdin = stack.enter_context(args.archive.open("rb")) if words[2] == "-" else None
            elif args.word in SAID:
                values = {"by": _person(env), "release": args.release}
                words += encoded({**values, "reason": args.reason})
            elif args.word == CONTINUE:
                words += encoded({"by": _person(env), "from": args.start})
            sys.stdout.write(tell(server, words, stdin))
    except VariablesError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    except DeployServerError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'ssh'} cannot be used ({error.strerror}).\n")
        return 1
    return 0


def _person(env: Mapping[str, str]) -> str:
    return env.get("GITLAB_USER_LOGIN") or "pipeline"


def _deployment(env: Mapping[str, str]) -> list[str]:
    missing = [name for name in ("CI_COMMIT_SHA", "IMAGE") if not env.get(name)]
    if missing:
        raise VariablesError(f"Not set: {', '.join(missing)}: the job `build` has to come before.")
    image = env["IMAGE"] if env.get("IMAGE_REGISTRY") else "-"
    return ["deploy", env["CI_COMMIT_SHA"], image, *encoded({**origin_of(env), **_review(env)})]


def _review(env: Mapping[str, str]) -> dict[str, str]:
    """Ask GitLab who reviewed it; that it does not answer is said and stops nothing."""
    try:
        project = project_of(env)
        return {} if project is None else review_of(project, env["CI_COMMIT_SHA"])
    except GitLabError as error:
        sys.stderr.write(f"Who approved it is not known: {error}\n")
        return {}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m auto_deployment.gitlab", description=__doc__)
    parser.add_argument("word", choices=("model", "deploy", CONTINUE, *SAID, "status"))
    parser.add_argument("--archive", type=Path, default=Path("image.tar.gz"), help="of `docker save`, gzip'd")
    parser.add_argument("--release", default="", metavar="ID", help="which release is meant")
    parser.add_argument(
        "--from", dest="start", default="", metavar="VERSION", help="continue from which version"
    )
    parser.add_argument("--reason", default="", help="why")
    return parser


if __name__ == "__main__":
    sys.exit(main())
