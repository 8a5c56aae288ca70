"""The history tables as a companion of a load."""
