# SPDX-License-Identifier: MIT
"""A table in Markdown."""


class Table:
    def __init__(self, title, columns):
        self.head = [title, "by"] + columns
        self.width = len(columns)
        self.lines = []
        self.failures = []

    def line(self, cells):
        self.lines.append("| " + " | ".join(cells) + " |")

    def row(self, name, by, cells, failures=()):
        self.line([name, by] + cells)
        self.failures += [f"{name}, {by}: {failure}" for failure in failures]

    def missing(self, name, reason):
        self.line([name, "", f"not there: {reason}"] + [""] * (self.width - 1))

    def end(self):
        """Print it, if there is a row.  Returns what has failed."""
        rows, self.lines = self.lines, []
        if rows:
            self.line(self.head)
            self.line(["---"] * len(self.head))
            print("\n".join(self.lines + rows) + "\n", flush=True)
        return self.failures
