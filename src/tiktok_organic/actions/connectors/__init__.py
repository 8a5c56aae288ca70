"""Connect an account, and change, move and remove connectors."""
