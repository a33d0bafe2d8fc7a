"""Passwords at rest: an Argon2id hash, and a sealed SRP verifier of the same password beside it.

Owns the table `passwords`. What a pool demands of a password is decided here too. Hashing takes
long and happens before a unit writes: `prepare`, then `put`. Sign-in reads, the others set.
"""
