"""What a family of images is: pure values, no input or output."""
