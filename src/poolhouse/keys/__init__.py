"""Keys and what is done with them: sealing at rest, password hashing, token signatures.

Owns the master key file, the data keys' use, the parameters of Argon2id and the strict reading of
signed tokens. Knows no table: stores are handed in as protocols (`DataKeyStore`). Which claims a
token carries, who may sign in and when keys rotate are decided above, by those who come here.
"""
