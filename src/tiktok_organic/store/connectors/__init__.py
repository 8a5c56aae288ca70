"""Connectors and what belongs to them: tokens, consents, drafts, days, charts."""
