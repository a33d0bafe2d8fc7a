"""The part of IAM and STS that Cognito needs: principals, their keys and their policies.

Floors from the ground up: policies, users and roles, credentials (permanent and temporary keys, and
the proof of a signature), sts and administration (the API of IAM). It does not know user pools; the
kernel is handed its prover by `app`.
"""
