"""The OCI distribution API: the only room that speaks to a registry itself."""
