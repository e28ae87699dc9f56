"""What is in images: the layers of a saved one, how two layers differ, and why."""
