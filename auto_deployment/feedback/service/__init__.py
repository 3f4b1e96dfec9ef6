"""What the service itself has written of its answers (`IMPRESSIONS=log`), in place of edge log and stream."""
