"""Passkeys (Web Authentication Level 3): registered by signed-in users, shown at sign-in.

Owns `passkeys` and `passkey_challenges`, the relying party of a pool, and both ceremonies; the
verifying itself is the library `webauthn`'s. What a passkey counts for is decided here, what comes
after it by the sign-in, which comes back for options, for the judging and for who has a passkey.
"""
