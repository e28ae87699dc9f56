"""Pins: the lock of upstream digests."""
