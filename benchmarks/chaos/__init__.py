"""Load that does not wait for answers, while containers are stopped, killed, hung and replaced under it."""
