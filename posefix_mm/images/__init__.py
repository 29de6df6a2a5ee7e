"""From an id, name, path or number of a frame to pixels."""
