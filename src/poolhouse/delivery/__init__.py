"""How messages leave: the outbox's letters, the post (SMTP), and the courier between them.

Owns what is done with rows of `messages` once they are committed: reading, leasing, sending,
retrying, giving up, clearing away. It knows nothing of user pools: rooms above write letters, and
`app` starts the courier. SMS wait in the outbox for a gateway of later work.
"""
