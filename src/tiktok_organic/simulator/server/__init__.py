"""The HTTP server: connections, routes, limits, control calls."""
