"""The product's own database: connectors, encrypted tokens, runs, and what is known of each day."""
