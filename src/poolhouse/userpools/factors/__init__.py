"""What a user may sign in with, as one list: asked by users about themselves and by administrators.

Owns no table. Passwords, second factors and passkeys are their rooms'; this one reads them all, so
it stands above them. Nobody comes back to it.
"""
