"""Write the generated parts of docs/spec.md anew: `python docs/update.py`, in the repository's root."""

from __future__ import annotations

from pathlib import Path

from netspec.reference import reference_markdown

GUIDE = Path(__file__).parent / "spec.md"

if __name__ == "__main__":
    GUIDE.write_text(reference_markdown(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
