"""The engine: when a connector is due, who works on it, and whether it is tried again."""
