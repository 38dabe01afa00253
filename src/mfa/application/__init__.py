"""What people do with second factors: the use cases, and the ports through which they reach the world."""
