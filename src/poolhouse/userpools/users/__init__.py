"""Users: profiles, attributes, status, and the names that people sign in with.

Owns `users`, `user_aliases` and `user_search`: what a name means in a pool, who may write which
attribute, and how a profile comes into being and changes. It does not judge passwords, send
messages, sign anybody in or know groups; those rooms come back here.
"""
