"""What other packages keep of their users, read from their own tables: one file for each."""
