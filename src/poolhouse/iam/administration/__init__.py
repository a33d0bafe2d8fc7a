"""The API of IAM: its verbs on users, roles, policies and access keys.

Above the rooms of those nouns and above credentials, since each verb asks for its own permission on
the ARN with the true path, and a copy of a signed request must not perform it again. Owns no table.
iam:PassRole is not asked here but where another room stores a role.
"""
