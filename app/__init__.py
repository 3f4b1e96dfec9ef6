"""The inference service: answers `GET /recommend/<user>` from a memory-mapped model."""
