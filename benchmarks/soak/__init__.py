"""Half an hour at the limit of the machine, with a fault every minute, after which nothing may be lost."""
