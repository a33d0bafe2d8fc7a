"""Devices: those that users confirmed, and what they may stand for.

Owns `devices`. A device that a sign-in was given a key for and that nobody has confirmed is no row:
its key waits in that sign-in's session, and goes with it. Sign-in comes back for the secret that a
device proves; sign-out everywhere for taking the trust away.
"""
