"""What is decided from a client's settings alone: defaults, and what no client may be set to.

`settings` turns requests into kept settings and answers; `checks` calls the rest: `flows`,
`validity`, `attributes`, `oauth` and `redirects`. `secrets` is about SECRET_HASH and rotation.
"""
