"""What users met: the edge log, Prometheus, the instances' own counters."""
