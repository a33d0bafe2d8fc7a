"""Tokens: every one leaves through the mint, past its one gate, and is recognised here.

Owns `sessions` (one row a sign-in: its refresh token's hash, its revocation). ID, access and
refresh tokens, revocation, sign-out everywhere. Sign-in comes to `mint`, the kernel is handed
`proving`, identity pools come for ID tokens.
"""
