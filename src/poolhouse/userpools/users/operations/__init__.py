"""The verbs on users: `admin` for who signs with keys, `creation` for bringing users into being
and setting their passwords, `account` for users themselves with an access token.

Sign-up, confirmation and recovery are verbs of their own rooms.
"""
