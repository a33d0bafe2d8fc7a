"""Benchmarks: each is one command, starts what it measures, and prints ratios."""
