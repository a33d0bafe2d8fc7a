"""The other side of `processes`: a process that calls one Python function for each line it reads.

Run as `python -m poolhouse.triggers.running module:function`. It answers on the descriptor that
standard output was; what the function prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, _, function = sys.argv[1].partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        handler = getattr(importlib.import_module(module), function)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from loading is told
        _answer(answers, {"lost": f"{type(error).__name__}"})
        return
    _answer(answers, {"ready": True})
    for line in sys.stdin:
        try:
            _answer(answers, {"answer": handler(json.loads(line), None)})
        except Exception as error:  # noqa: BLE001 - the function's own, as Lambda tells it
            _answer(answers, {"error": str(error) or type(error).__name__})


def _answer(answers: Any, what: dict[str, Any]) -> None:
    try:
        text = json.dumps(what)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps({"garbled": True})
    answers.write(text + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
