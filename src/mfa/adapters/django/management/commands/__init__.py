"""The commands, each of which calls one use case and prints what it answers."""
