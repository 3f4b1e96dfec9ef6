"""A module for each command of `marquee`: the only place that brings the packages together."""
