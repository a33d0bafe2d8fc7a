"""The wing of cognito-identity: from a proved login to an identity, and to AWS credentials.

Floors from the ground up: pools, logins, identities, openid, developers and roles. It reads the
stores of user pools and of iam and never calls their operations; sync comes to `identities`, and
doors to `openid.publishing`.
"""
