"""Write the files that Grafana reads: `python -m monitoring.grafana`."""

from pathlib import Path

from monitoring.grafana.boards import BOARDS
from monitoring.grafana.render import as_text, render

FOLDER = Path(__file__).with_name("dashboards")


def main() -> None:
    """Write every dashboard and remove what is none any more."""
    FOLDER.mkdir(exist_ok=True)
    texts = {f"{board.name}.json": as_text(render(board)) for board in BOARDS}
    for file in FOLDER.glob("*.json"):
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
