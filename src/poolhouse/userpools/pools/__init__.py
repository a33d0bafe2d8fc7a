"""User pools: their settings, schema, tags and signing keys' owner.

Owns the table `user_pools` and what is decided from a pool's settings alone. It does not know
clients, users or groups; every other room of the wing comes back here for its pool.
"""
