"""A project with the package, installed as its README says, and with nothing else."""
