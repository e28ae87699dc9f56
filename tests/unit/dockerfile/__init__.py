"""Tests of reading, rendering and rewriting Dockerfiles."""
