"""What stops a command: one clear sentence that says the way out."""

from __future__ import annotations


class Trouble(Exception):
    """The message is shown as it is, and the exit code is 1."""
