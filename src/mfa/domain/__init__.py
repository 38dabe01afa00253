"""What multi-factor authentication is, in values and pure functions: no clock, no database, no framework."""
