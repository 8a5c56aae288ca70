"""What commands print: JSON or text, tables, progress, errors."""
