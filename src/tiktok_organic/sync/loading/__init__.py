"""The second half of a sync: rows from the archive, in one commit."""
