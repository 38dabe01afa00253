"""The arithmetic of one-time passwords, and their pictures."""
