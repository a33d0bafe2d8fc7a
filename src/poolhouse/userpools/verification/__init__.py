"""Verification: a signed-in user proves an e-mail address or phone number with a code.

Owns no table. The value that waits to become the user's travels in the code that was sent to it.
Changing attributes happens elsewhere (`users`); what a change leaves to be proved is proved here.
"""
