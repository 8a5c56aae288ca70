"""Locks: one sync per connector at a time."""
