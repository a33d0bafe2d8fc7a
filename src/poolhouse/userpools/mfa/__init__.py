"""Second factors: what a pool offers, software tokens (TOTP, RFC 6238), one-time recovery codes (an
extension of Poolhouse), and what users prefer.

Owns `software_tokens` and `recovery_codes`; what a user has enabled stands in the user's own row,
what a pool has chosen in the pool's. Codes by SMS and e-mail are the sign-in's. Sign-in comes back
for the facts, for the judging of a code and for the token that MFA_SETUP registers; recovery for
the media in use.
"""
