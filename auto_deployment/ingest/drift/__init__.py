"""What has changed in the stream: said, shown, never in the way."""
