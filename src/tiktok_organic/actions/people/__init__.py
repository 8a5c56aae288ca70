"""People who use the page: how they sign in, and who is allowed to."""
