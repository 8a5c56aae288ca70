"""The history tables and views beside the four tables: what they hold, and how it is found out.

The contract is docs/models.yaml. Nothing here reads or writes; `sync/` does.
"""
