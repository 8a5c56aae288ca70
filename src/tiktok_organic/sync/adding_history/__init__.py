"""Add the history tables to the commit of a load: what `history/` computes is read and written."""
