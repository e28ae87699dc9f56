"""Pure: from the Dockerfiles of a tree to lineage.yml and templates that render them again."""
