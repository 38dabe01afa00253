"""What a registration and an assertion take: the rules of this package beside two libraries by themselves."""
