"""The steps of `dvc.yaml`, a module each; the same input gives the same output.

Nothing is imported here: the code on which a stage depends is what its own module imports.
"""
