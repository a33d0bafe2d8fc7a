"""Groups of a pool: who is in them, their precedence and the IAM roles they lend.

Owns `groups` and `group_members`. Which claims groups put into a token is decided here and
written by the tokens room, which comes back for it. Users are known by `sub` only.
"""
