"""Avatars and thumbnails, fetched by the server."""
