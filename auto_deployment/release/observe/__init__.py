"""Measurements for the judge: the edge log, Prometheus, the instances' own counters."""
