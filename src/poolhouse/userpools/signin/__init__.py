"""Sign-in: one engine, `begin` and `answer`, one small object per challenge.

Owns the sealed challenge sessions and `spent_passages`, which makes each of them good once.
What comes next after a factor is decided by the pure `next_step`; tokens come from the mint.
Every door that signs people in (the API today) is a client of `engine`.
"""
