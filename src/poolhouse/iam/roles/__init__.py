"""Roles: who may assume them (trust policy), for how long, and which policies they carry.

Owns `iam_roles`. Sessions of a role are made in the credentials room and are known by the role's
unique id, so a role made anew under an old name does not revive them. STS and identity pools come
here to read the trust policy.
"""
