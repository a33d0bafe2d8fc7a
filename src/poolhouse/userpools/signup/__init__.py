"""Sign-up: registering oneself, and confirming it with the code that was sent.

Owns no table. A user comes into being in `users`, a code in `messages`, and both in one unit.
Administrators create users elsewhere (`users`); what they confirm is confirmed here.
"""
