"""The memory: connectors, encrypted tokens, runs and what is known of each day, in our own small
database.
"""
