"""The engine: when a connector is due, which process runs it, and whether it is retried."""
