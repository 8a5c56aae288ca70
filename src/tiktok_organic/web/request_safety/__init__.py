"""Refuse and limit requests before a page handles them; where they came from."""
