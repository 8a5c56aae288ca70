"""Explain one value of a dataset: where it comes from, or why it is empty."""
