"""How messages leave: the outbox's letters, the post (SMTP), the gateway (SMS by HTTP), and the
courier with a lane to each.

Owns what is done with rows of `messages` once they are committed: reading, leasing, sending,
retrying, giving up, clearing away. It knows nothing of user pools: rooms above write letters, and
`serving` starts the courier.
"""
