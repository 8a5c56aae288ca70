"""Errors on the page: their sentence, advice and HTTP status."""
