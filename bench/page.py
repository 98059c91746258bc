# SPDX-License-Identifier: MIT
"""What the pages of figures share."""
import platform


def table(head, rows):
    """In Markdown: the first column is of names, the others are of numbers."""
    lines = ["| " + " | ".join(head) + " |",
             "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def processor():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.machine()
