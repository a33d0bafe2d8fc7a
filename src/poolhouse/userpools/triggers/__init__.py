"""What each Lambda trigger of a pool is asked, and what its answer changes.

Owns the events (as Lambda gets them) and the strict reading of what comes back. How a function is
reached is `poolhouse/triggers`; when each is asked, the rooms above decide: sign-up, recovery,
messages, the mint, and sign-in.
"""
