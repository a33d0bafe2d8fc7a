"""Identities: who a proved login is in a pool, guests, linking, unlinking and merging.

Owns `identities` and `identity_logins`. Logins are proved in `logins` before they come here;
`settling` finds or makes the identity they speak for, `bearing` says who uses one and by which
right. Tokens, roles and sync come to it.
"""
