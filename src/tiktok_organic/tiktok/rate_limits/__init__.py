"""Keep within the numbers of requests that TikTok allows."""
