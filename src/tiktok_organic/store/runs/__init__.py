"""Runs: their rows, which are due, the queue, TikTok's limits, counters."""
