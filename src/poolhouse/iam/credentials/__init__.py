"""Access keys and temporary credentials: issued here, and recognised when they come back.

Owns `access_keys` and `spent_signatures`. `issue` makes temporary credentials for STS and identity
pools: sealed, stateless session tokens. `proving` turns a signed request into the principal that
signed it, with an authority that reads its policies from the database at every request.
"""
