"""Operate an installation: checks, backup, settings, alerts, housekeeping."""
