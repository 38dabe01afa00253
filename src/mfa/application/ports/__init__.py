"""What the core needs of the world, each need as a Protocol named after its role."""
