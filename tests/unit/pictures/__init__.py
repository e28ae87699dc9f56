"""Tests of the pictures: what is drawn, character by character."""
