"""Data for the page and the API, computed from the views of the warehouse."""
