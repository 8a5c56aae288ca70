"""Order runs, sync, attempt, record the outcome, and replay."""
