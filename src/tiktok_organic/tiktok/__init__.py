"""TikTok's API for Business, "Accounts" part, v1.3: what may be asked, what comes back, how fast."""
