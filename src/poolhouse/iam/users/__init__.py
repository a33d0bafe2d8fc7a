"""IAM users: people and programs with permanent access keys and policies of their own.

Owns `iam_users`. Not to be confused with the users of a user pool, of whom nothing is known here.
Their keys are in the credentials room, which comes here to read whose key it is.
"""
