"""What TikTok's addresses return: data, tokens, the consent page."""
