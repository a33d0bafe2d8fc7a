"""Recovery: getting back in without the password, and changing it while one has it.

Owns no table. A new password is set only together with the code, or the old password, that
allows it, in one unit; a reset ends every session of the user.
"""
