"""Tables of the page as CSV files."""
