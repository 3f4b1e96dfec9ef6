"""Settings of the whole suite."""

from hypothesis import HealthCheck, settings

# How fast an example runs says something about the machine, not about the code.
settings.register_profile("marquee", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("marquee")
