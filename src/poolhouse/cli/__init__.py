"""The command line: serve, init, migrate, doctor, parity, outbox, keys.

Each command is a module; `main` turns what can go wrong into one sentence and an exit code.
It owns no logic of its own: it composes what `app` composes, and prints.
"""
