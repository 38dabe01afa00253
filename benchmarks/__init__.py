"""Measurements that are no tests: each is a program of its own."""
