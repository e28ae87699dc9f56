"""Pure: render Dockerfiles, and read them back as BuildKit does."""
