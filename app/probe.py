"""Whether a container is well: `python -S -m app.probe get PATH [PORT]`; `model FOLDER` for an image build.

Started every few seconds beside the service, so it imports next to nothing.
"""

import os
import socket
import sys

TIMEOUT_S = 2.0


def answers(path: str, port: int) -> bool:
    """Return whether what listens in this container gives 200."""
    request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.sendall(request)
            return b" 200 " in connection.recv(64).partition(b"\r\n")[0]
    except OSError:
        return False


def check_model(folder: str) -> str | None:
    """Return what is wrong with a model, None when it can be served."""
    from pathlib import Path

    from app.artifact import ArtifactError
    from app.serving import load_tested

    try:
        load_tested(Path(folder))
    except ArtifactError as error:
        return str(error)
    return None


def main(words: list[str]) -> int:
    """Return the exit status: 0 when all is well."""
    if words[0] == "get":
        port = words[2] if len(words) > 2 else os.environ.get("PORT") or "8000"
        return 0 if answers(words[1], int(port)) else 1
    if wrong := check_model(words[1]):
        sys.stderr.write(f"{wrong}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
