"""Developer identities: users whom a developer's own back end vouches for with its signature.

Owns no table: their logins are those of `identities`, marked as the developer's. It finds, merges
and unlinks them, and has `openid` make the token that a developer hands to a user's device.
"""
