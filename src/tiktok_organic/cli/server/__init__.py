"""The server process: its address, its limits, how it ends."""
