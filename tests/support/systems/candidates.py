"""Candidates with a fault: images made of the stable one, each a release of its own."""

from pathlib import Path

from tests.support.systems.containers import docker

# What is put between Gunicorn and the application: it reads which fault it is from the image.
FAULT = '''"""The application with a fault, as the image's environment names it."""
import os, random, signal, threading, time
from app.sound_wsgi import application as sound


def application():
    app, (kind, _, share) = sound(), os.environ["FAULT"].partition(":")
    inner = app.wsgi_app
    if kind == "ends":  # after so many seconds
        threading.Timer(float(share), os.kill, (1, signal.SIGTERM)).start()
    if kind == "no-stable" and os.environ["TRACK"] == "stable":
        kind = "unready"

    def faulty(environ, start_response):
        if environ["PATH_INFO"].startswith("/recommend/"):
            if kind == "slow":
                time.sleep(0.35)
            elif kind == "errs" and random.random() < float(share):
                start_response("500 Internal Server Error", [("Content-Length", "0")])
                return [b""]
            elif kind == "kills" and random.random() < float(share):
                os.kill(os.getpid(), signal.SIGKILL)
            elif kind == "popular":
                environ["PATH_INFO"] = "/recommend/999999999"
        elif kind == "unready" and environ["PATH_INFO"] == "/health/ready":
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        return inner(environ, start_response)

    app.wsgi_app = faulty
    return app
'''
DOCKERFILE = """FROM {base}
USER root
RUN mv /srv/app/wsgi.py /srv/app/sound_wsgi.py
COPY wsgi.py /srv/app/wsgi.py
RUN printf %s "{revision}" > /srv/REVISION
ENV FAULT={fault}
USER 10001:10001
"""


def make_candidate(folder: Path, base: str, image: str, revision: str, fault: str = "none") -> str:
    """Build a candidate whose code revision is what is given; return the image's name."""
    context = folder / revision
    context.mkdir()
    (context / "wsgi.py").write_text(FAULT, "utf-8")
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=base, revision=revision, fault=fault), "utf-8")
    docker("build", "--quiet", "--tag", f"{image}:{revision}", str(context))
    return f"{image}:{revision}"
