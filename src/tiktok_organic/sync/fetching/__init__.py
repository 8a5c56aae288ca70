"""The first half of a sync: ask TikTok and archive the answers."""
