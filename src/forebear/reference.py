"""Pure: references to images and digests of their contents."""
