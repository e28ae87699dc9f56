"""forebear: a versioned base-image inheritance manager."""
