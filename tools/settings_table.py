"""Writes docs/settings.md from the settings' own declarations.

python tools/settings_table.py            write it
python tools/settings_table.py --check    exit 1 where it is stale
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic.fields import FieldInfo

from poolhouse.settings import FILE_VARIABLE, PREFIX, Settings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = f"""# Settings

Each setting is an environment variable, or its name in lower case and without `{PREFIX}` in the TOML file that `{FILE_VARIABLE}` names; the
environment wins. Unknown names are refused at start. `poolhouse doctor` checks what is set. (This page is drawn from
`src/poolhouse/settings.py` by `tools/settings_table.py`.)

| variable | default | what it is |
| --- | --- | --- |
"""


def default_of(field: FieldInfo) -> str:
    if field.default is None:
        return "unset"
    if field.default == ():
        return "none"
    return f"`{field.default}`" if str(field.default) else "unset"


def page() -> str:
    rows = [
        f"| `{PREFIX}{name.upper()}` | {default_of(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(page())
        return 0
    if TARGET.read_text() == page():
        return 0
    print("docs/settings.md is stale. Run `python tools/settings_table.py`.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
