"""Messages to users: codes and invitations, worded by the pool's templates.

Owns how a message reads and whom it goes to; `codes` owns what a code proves, `delivery` how a
message leaves. Sign-up, recovery, users and sign-in come here to have something sent.
"""
