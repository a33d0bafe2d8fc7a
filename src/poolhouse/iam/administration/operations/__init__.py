"""The verbs, by noun: users, user_policies, roles, role_policies, policies (managed ones) and
access_keys. Each asks for its permission first thing (`open_to_all`), except where the resource
is in the request as it is: lists, and managed policies, which are named by their ARN.
"""
