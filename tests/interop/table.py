# SPDX-License-Identifier: MIT
"""A table in Markdown, printed row by row."""


class Table:
    def __init__(self, title, columns):
        self.head = [title, "by"] + columns
        self.width = len(columns)
        self.is_begun = False
        self.failures = []

    def line(self, cells):
        if not self.is_begun:
            self.is_begun = True
            self.line(self.head)
            self.line(["---"] * len(self.head))
        print("| " + " | ".join(cells) + " |", flush=True)

    def row(self, name, by, cells, failures=()):
        self.line([name, by] + cells)
        self.failures += [f"{name}, {by}: {failure}" for failure in failures]

    def missing(self, name, reason):
        self.line([name, "", f"not there: {reason}"] + [""] * (self.width - 1))

    def end(self):
        if self.is_begun:
            print(flush=True)
        return self.failures
