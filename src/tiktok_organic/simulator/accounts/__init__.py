"""The invented accounts: their posts, days, followers and true figures."""
