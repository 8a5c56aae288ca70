"""The memory: connectors, sealed tokens, runs and what is known of each day, in our own small database."""
