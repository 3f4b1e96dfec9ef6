"""The master over HTTP, for agents and for whoever has the operator's token."""

from auto_deployment.fleet.master.http.factory import Tokens as Tokens
from auto_deployment.fleet.master.http.factory import build as build
