"""Django REST framework: routes, permissions, answers."""
