"""Logins: which tokens of which providers an identity pool takes, and what one proves.

Owns no table. It verifies a token with its provider's own room and answers the user it speaks
of, in AWS's words where it proves nothing. Identities and roles come to it.
"""
