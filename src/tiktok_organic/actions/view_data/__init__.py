"""Answers of the page and the API, computed from the warehouse's views: the figures are those of
the SQL.
"""
