"""Ways in which a code reaches a person."""
