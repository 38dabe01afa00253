"""Everything that talks to the world: each folder is one technology, and none knows of another."""
