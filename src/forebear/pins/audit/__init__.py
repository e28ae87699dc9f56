"""Pure but for tree.py and history.py: judging the pins in any tree of files."""
