"""The console script. Starting is mostly importing, and what is imported stays for good: the
garbage collector does not look for any in it, then or later."""

from __future__ import annotations

import gc


def main() -> None:
    gc.disable()
    from poolhouse.cli.main import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
