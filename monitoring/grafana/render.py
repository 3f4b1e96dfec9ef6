"""Grafana's own words for panels: version 41 of its schema, as of Grafana 12."""

import json
from typing import Any

from monitoring.grafana.panels import Dashboard, Panel, Row

SOURCE = {"type": "prometheus", "uid": "marquee"}
COLUMNS = 24
Json = dict[str, Any]

# Asked of Prometheus, so that a further track appears by itself. "All" is every track there is.
TRACK = {
    "name": "track", "label": "Track", "type": "query", "datasource": SOURCE,
    "definition": 'label_values(up{job="app"}, track)',
    "query": {"query": 'label_values(up{job="app"}, track)', "refId": "track", "qryType": 1},
    "refresh": 1, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*", "hide": 0, "options": [],
    "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
}  # fmt: skip
RELEASES = {
    "name": "Ends of releases", "enable": True, "iconColor": "purple", "datasource": SOURCE,
    "expr": "increase(marquee_release_outcomes_total[1m]) > 0", "step": "60s", "titleFormat": "{{outcome}}",
}  # fmt: skip


def render(dashboard: Dashboard) -> Json:
    """Return a dashboard as Grafana reads it."""
    return {
        "uid": f"marquee-{dashboard.name}", "title": dashboard.title, "description": dashboard.text,
        "tags": ["marquee"], "schemaVersion": 41, "version": 1, "editable": False, "graphTooltip": 1,
        "timezone": "utc", "refresh": "30s", "time": {"from": f"now-{dashboard.hours}h", "to": "now"},
        "annotations": {"list": [RELEASES]}, "templating": {"list": [TRACK]},
        "links": [{"title": "Other dashboards", "type": "dashboards", "tags": ["marquee"], "asDropdown": True,
                   "includeVars": True, "keepTime": True}],
        "panels": _placed(dashboard),
    }  # fmt: skip


def as_text(content: Json) -> str:
    """Return JSON with one line for each panel, which a person can compare with the one before."""
    head = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items() if key != "panels"]
    panels = ",\n".join(f"  {json.dumps(panel)}" for panel in content["panels"])
    return "{\n" + ",\n".join(head) + ',\n "panels": [\n' + panels + "\n ]\n}\n"


def _placed(dashboard: Dashboard) -> list[Json]:
    """Lay the panels out from left to right, in lines as high as their highest panel."""
    placed: list[Json] = []
    x = y = tallest = 0
    for number, part in enumerate(dashboard.parts, 1):
        width, height = (COLUMNS, 1) if isinstance(part, Row) else (part.width, part.height)
        if x + width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        content = _row(part) if isinstance(part, Row) else _panel(part)
        placed.append({"id": number, **content, "gridPos": {"x": x, "y": y, "w": width, "h": height}})
        x, tallest = x + width, max(tallest, height)
    return placed


def _row(row: Row) -> Json:
    return {"type": "row", "title": row.title, "collapsed": False, "panels": []}


def _panel(panel: Panel) -> Json:
    return {
        "type": panel.kind, "title": panel.title, "description": panel.text, "datasource": SOURCE,
        "targets": [_target(panel, at) for at in range(len(panel.queries))],
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _options(panel),
        **({"transformations": [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]}
           if panel.kind == "table" else {}),
    }  # fmt: skip


def _target(panel: Panel, at: int) -> Json:
    query = panel.queries[at]
    now = panel.kind in ("stat", "table")
    return {
        "refId": chr(ord("A") + at), "datasource": SOURCE, "expr": query.expr,
        "legendFormat": query.legend or "__auto", "editorMode": "code", "instant": now, "range": not now,
        **({"format": "table"} if panel.kind == "table" else {}),
    }  # fmt: skip


def _field(panel: Panel) -> Json:
    content: Json = {"unit": panel.unit, "thresholds": _thresholds(panel)}
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
        content |= {"min": panel.lowest, "max": panel.highest}
        content["custom"] = {"lineWidth": 1, "fillOpacity": 30 if panel.stacked else 5, "stacking": stacking,
                             "showPoints": "never", "spanNulls": False}  # fmt: skip
        if panel.bad_at is not None:
            content["custom"]["thresholdsStyle"] = {"mode": "line"}
    else:
        content["color"] = {"mode": "thresholds"}
    if panel.names:
        words = {
            str(value): {"text": word, "index": at} for at, (value, word) in enumerate(panel.names.items())
        }
        content["mappings"] = [{"type": "value", "options": words}]
    return {key: value for key, value in content.items() if value is not None}


def _thresholds(panel: Panel) -> Json:
    limits = ((panel.warn_at, "orange"), (panel.bad_at, "red"), (panel.good_at, "green"))
    first = "green" if panel.good_at is None else "red"
    steps = [{"color": colour, "value": value} for value, colour in limits if value is not None]
    return {"mode": "absolute", "steps": [{"color": first, "value": None}, *steps]}


def _options(panel: Panel) -> Json:
    if panel.kind == "timeseries":
        legend = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "stat":
        last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": last, "colorMode": "value", "graphMode": "none", "textMode": "auto"}
    if panel.kind == "state-timeline":
        return {"mergeValues": True, "showValue": "auto", "rowHeight": 0.8, "legend": {"showLegend": False}}
    return {"showHeader": True}
