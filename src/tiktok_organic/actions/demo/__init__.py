"""The demo: an invented account, its 90 days, and the built-in simulator."""
