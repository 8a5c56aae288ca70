"""The five steps of connecting an account."""
