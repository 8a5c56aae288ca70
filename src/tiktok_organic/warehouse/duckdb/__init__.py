"""DuckDB: a file as the warehouse."""
