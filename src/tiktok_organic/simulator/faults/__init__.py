"""The faults that a test can order, and what they do to an answer."""
