"""Releases: gates."""
