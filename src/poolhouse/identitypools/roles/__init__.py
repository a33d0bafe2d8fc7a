"""Roles of identity pools: which role an identity gets, and AWS credentials for it.

Owns no table: roles and their mappings are part of the pool. It asks iam whether a role trusts
the identity and has iam's credentials room issue; guests are narrowed by session policies here.
"""
