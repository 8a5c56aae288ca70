"""The pages of connectors: list, overview, coverage, settings, actions."""
