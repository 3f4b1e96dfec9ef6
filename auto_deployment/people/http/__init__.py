"""What the commands of `events` and `forget` do, over HTTP: each view calls what they call."""

from auto_deployment.people.http.factory import Service as Service
from auto_deployment.people.http.factory import build as build
