"""Changes of the stream against the days before: logged and shown, they stop nothing."""
