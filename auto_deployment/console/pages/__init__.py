"""The pages: each module returns the facts that its template shows."""
