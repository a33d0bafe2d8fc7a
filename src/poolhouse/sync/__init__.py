"""The wing of cognito-sync: the data that an identity keeps across devices.

Rooms: datasets. Who may touch an identity's data is decided in `permission`, for every room of
the wing. It reads the stores of identity pools and iam, and nobody below knows of it.
"""
