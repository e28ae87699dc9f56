"""The cascade: contexts, keys, the plan, the schedule, and the run."""
