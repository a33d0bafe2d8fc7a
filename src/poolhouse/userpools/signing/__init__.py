"""Signing keys of pools: which key signs now, which are published, rotation, spare keys.

Owns `signing_keys` and `spare_keys`; private keys are sealed at rest and parsed once. The
cryptography is in `keys`. The tokens room signs and verifies with what it gets here.
"""
