"""Corrections and forgetting: what segments say too much is taken away by later ones, never in place.

A correction is a segment of its own, made whole or not at all. Its rows of the usual kinds are events that
others lack; `removed-*` rows name events that no longer count, a `forgotten` row all of one user's events up
to a moment. Whoever reads segments takes them into account; joining and rewriting leave out what they cover.
"""
