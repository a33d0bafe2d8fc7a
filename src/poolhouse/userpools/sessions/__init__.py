"""Sessions as users and administrators see them: listed, ended, and how many there may be.

Owns `sso_sessions` (a browser's sign-in that several clients may use), what a pool and a client
say about tracking, and the levels of step-up. Token sessions are the room `tokens`'s: it opens,
touches and evicts them. The hosted pages come for SSO sessions, sign-in for `step_up`.
"""
