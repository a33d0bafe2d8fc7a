"""The Security Token Service: who am I, and temporary credentials for it or for a role.

Owns no table. Decides who may assume a role, and for how long; makes the credentials in
`credentials.issue`. The proof of a web identity is not made here: identity pools, which know their
tokens, perform AssumeRoleWithWebIdentity with what `federated` gives them.
"""
