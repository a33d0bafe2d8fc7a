"""Identity pools: their providers, their roles and tag maps as one versioned object, their tags.

Owns `identity_pools`, and what the name of a login provider means (`naming`). Which role an
identity gets is decided in `roles`; every other room of the wing begins by getting a pool here.
"""
