"""One-time codes: what a code sent to an address proves, for whom, and for how long.

Owns the table `codes`. A code is kept as a keyed hash bound to pool, user, purpose, attribute and
the exact value it was sent to; guesses are counted before they are judged. It sends nothing:
`messages` issues codes, and sign-up, recovery and verification come here to redeem them.
"""
