"""Write the generated parts of docs/spec.md and the pages of all plug-ins anew: `python docs/update.py`, in the root.

Pages of what is no longer there are removed.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "spec.md"


def update() -> None:
    """Write what differs."""
    from netspec.reference import reference_markdown
    from netspec.reference_networks import networks_markdown
    from netspec.reference_pages import reference_pages
    from tests.kit.doc_examples import doc_examples

    GUIDE.write_text(reference_markdown(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "networks.md").write_text(networks_markdown(), encoding="utf-8", newline="\n")
    pages = reference_pages(doc_examples())
    (ROOT / "docs" / "layers").mkdir(exist_ok=True)
    for old in (ROOT / "docs" / "layers").glob("*.md"):
        if f"layers/{old.name}" not in pages:
            old.unlink()
    for name, text in pages.items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    update()
