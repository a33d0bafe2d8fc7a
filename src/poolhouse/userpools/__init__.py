"""The wing of cognito-idp, rooms by noun, floors from the ground up.

pools, then clients, then users, then what hangs on a user (groups, codes, risk), then tokens,
then the ways in: sign-up, recovery, sign-in. A room imports only rooms below it.
"""
