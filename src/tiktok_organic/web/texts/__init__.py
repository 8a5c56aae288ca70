"""Texts of the page: formats, labels, notices."""
