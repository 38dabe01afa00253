"""A project with little of what Django's own users have: a UUID for a key, a mail address for a name, local time."""
