"""Pictures of a family: pure functions from its graph to text."""
