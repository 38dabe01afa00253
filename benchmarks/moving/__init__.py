"""What it takes to move a large site in while others verify."""
