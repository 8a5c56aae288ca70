"""Client of TikTok's API for Business, "Accounts" part, v1.3."""
