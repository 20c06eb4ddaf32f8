"""Every difference that a test names is a row of docs/cog-compatibility.md."""

from __future__ import annotations

import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "docs/cog-compatibility.md"

#: How tests name a row: in the call itself, or in a variable before it. One or the other kind of quotes.
NAMED = re.compile(r"""(?:differs\(\s*|\brow = )(?:"([^"\n]+)"|'([^'\n]+)')""")


class Rows(unittest.TestCase):
    def test_rows_exist(self) -> None:
        rows = {line.split("|")[1].strip() for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")}
        named = {
            (path.name, first or second)
            for path in HERE.glob("test_seen_*.py")
            for first, second in NAMED.findall(path.read_text())
        }
        self.assertGreater(len(named), 20)
        self.assertEqual(sorted((file, row) for file, row in named if row not in rows), [])


if __name__ == "__main__":
    unittest.main()
