"""What the package costs, beside the floor: the same Django and Django REST framework without it."""
