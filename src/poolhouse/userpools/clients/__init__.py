"""App clients: their settings and secrets, and the SECRET_HASH that proves a secret.

Owns the tables `clients` and `client_secrets`. A client belongs to one pool; its id alone finds
both, because unsigned requests name nothing else. Sign-up, sign-in and recovery come here.
"""
