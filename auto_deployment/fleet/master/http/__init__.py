"""The master over HTTP, for agents and for whoever has the token."""

from auto_deployment.fleet.master.http.factory import build as build
