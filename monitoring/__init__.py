"""How Marquee is watched: Prometheus, its alerts, and dashboards."""
