"""Encryption of secrets: the cipher, its keys, backups."""
