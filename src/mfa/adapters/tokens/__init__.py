"""The token systems whose bearers can be verified."""
