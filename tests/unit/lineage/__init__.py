"""Tests of the pure core: what lineage.yml may say, and what it means."""
