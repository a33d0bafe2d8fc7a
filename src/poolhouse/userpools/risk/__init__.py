"""Quotas: how often a user may ask for the same thing within an hour.

Owns the table `quotas`. A use is counted by one conditional write, before anything is judged.
Names that nobody has are counted like users. Messages, sign-up, recovery and verification come
here; failed sign-ins are counted by `lockout`.
"""
