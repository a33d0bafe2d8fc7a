"""Policy documents: inline in a user or a role, managed in versions, attached, and as boundaries.

Owns `iam_policies`, `iam_policy_versions`, `iam_inline_policies` and `iam_attachments`. Users and
roles, which hold policies, are known by their unique id only (`AIDA…`, `AROA…`). What a document
means is decided in `access.policy`; the rooms of users, roles and credentials come here.
"""
