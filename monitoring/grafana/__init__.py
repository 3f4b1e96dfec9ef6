"""Dashboards as panels and queries; `python -m monitoring.grafana` makes Grafana's files of them."""
