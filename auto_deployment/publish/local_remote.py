"""Without a git remote: a bare repository beside the data, with the code that runs here."""

import shutil
from pathlib import Path

from auto_deployment.host.files import making
from auto_deployment.publish.commands import Commands

# What a cycle and an image build need of the project, whether it lies in a checkout or in a container.
CODE = (
    ".dockerignore",
    ".dvc/config",
    ".dvc/.gitignore",
    ".dvcignore",
    ".gitignore",
    "LICENSE",
    "app",
    "auto_deployment",
    "docs/operations.md",
    "dvc.yaml",
    "nginx",
    "params.yaml",
    "search",
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def ensure_remote(commands: Commands, bare: Path, branch: str, project: Path, params_file: Path) -> None:
    """Make the bare repository when it is not there, and bring the code in it to what runs here."""
    if not (bare / "HEAD").exists():
        with making(bare) as made:
            commands.at(bare.parent).git("init", "--quiet", "--bare", "--initial-branch", branch, str(made))
            made.rename(bare)
    with making(bare.with_name("code")) as work:
        commands.at(bare.parent).git("clone", "--quiet", str(bare), str(work))
        inside = commands.at(work)
        inside.git("checkout", "--quiet", "-B", branch)
        copy_code(project, params_file, work)
        inside.git("add", "--all", "--force", "--", *[path for path in CODE if (work / path).exists()])
        if inside.outcome(["git", "diff", "--cached", "--quiet"])[0] != 0:
            inside.git("commit", "--quiet", "--message", "code: what runs here")
            inside.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")


def copy_code(project: Path, params_file: Path, work: Path) -> None:
    """Replace the code of a work tree by the project's."""
    for name in CODE:
        source, target = project / name, work / name
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT)
        elif source.is_file():
            shutil.copy2(source, target)
    shutil.copy2(params_file, work / "params.yaml")
