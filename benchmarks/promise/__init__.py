"""The promise: releases of every kind, kills and a rollback, and nobody who asks meanwhile notices."""
