"""The history tables and views: their content, and how it is computed.

The contract is docs/models.yaml. This package does not read or write; `sync/` does.
"""
