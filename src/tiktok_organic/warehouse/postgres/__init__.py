"""PostgreSQL: a database as the warehouse."""
