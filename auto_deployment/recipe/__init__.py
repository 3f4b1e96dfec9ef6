"""Load, resources, and the cheapest deployment that meets a goal."""
