"""The Docker engine, through the Docker SDK: the only room that imports docker."""
