# SPDX-License-Identifier: MIT
"""Reads the public headers: what each declares, and the comments that say what it is.

A header has a summary, a text, and groups.  A group is a comment and the declarations
below it, up to the next comment.  Manual pages and the web site are made of this."""
import os
import re

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
INCLUDE = os.path.join(SOURCE, "include/coil")

PROTOTYPE = re.compile(r"\b(coil_\w+)\s*\(")
MACRO = re.compile(r"#define (\w+)(\([^)]*\))?")
# Words of a declaration that are for the compiler.
MARKS = re.compile(r"\b(COIL_API|COIL_SUSPENDS|COIL_MUST_CHECK|COIL_ANY_THREAD)\b"
                   r"|\bCOIL_PRINTF\([^)]*\)")


class Declaration:
    """One function, macro, struct, enum or typedef, as it stands in the header."""

    def __init__(self, text):
        self.text = text.rstrip()
        self.suspends = "COIL_SUSPENDS" in text
        self.any_thread = "COIL_ANY_THREAD" in text
        self.kind, self.name, self.arguments = "other", None, None
        macro = MACRO.match(text)
        if macro:
            self.kind = "macro" if macro.group(2) else "constant"
            self.name = macro.group(1)
            self.arguments = (macro.group(2) or "").strip("()").split(", ")
        elif text.startswith("COIL_API extern"):
            self.kind = "variable"
        elif text.startswith(("COIL_API", "static inline")):
            flat = re.sub(r"\s+", " ", MARKS.sub("", text.split("{")[0]))
            flat = flat.strip(" ;").replace("static inline ", "")
            name = PROTOTYPE.search(flat)
            self.kind, self.name = "function", name.group(1)
            self.type = flat[:name.start()].strip()
            self.arguments = split_arguments(flat[name.end():flat.rindex(")")])
        elif re.match(r"(struct|enum) \w+ \{", text):
            self.kind, self.name = "type", text.split()[1]
        elif text.startswith("typedef"):
            self.kind = "type"
            self.name = re.search(r"\(\*(\w+)\)|(\w+);$", text).group(1, 2)
            self.name = self.name[0] or self.name[1]

    @property
    def is_callable(self):
        return self.kind in ("function", "macro") and self.name.startswith("coil_")


def split_arguments(text):
    """At the commas that are in no parentheses."""
    parts, depth, part = [], 0, ""
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += c
    return parts + [part.strip()]


class Group:
    def __init__(self, comment, section):
        self.comment = comment
        self.section = section
        self.declarations = []

    @property
    def callables(self):
        return [d for d in self.declarations if d.is_callable]


def comment_lines(block):
    """The text of a comment, without the stars."""
    lines = block.strip()[2:-2].split("\n")
    lines = [re.sub(r"^ \* ?", "", line).rstrip() for line in lines]
    lines = [line.strip() if len(lines) == 1 else line for line in lines]
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def pieces(text):
    """Comments and declarations at the top level, and None for an empty line."""
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        line, begin = lines[i], i
        i += 1
        if not line.strip():
            yield None
            continue
        if line in ('extern "C" {', "}"):
            continue
        if line.startswith("/*"):
            while "*/" not in lines[i - 1]:
                i += 1
        elif line.startswith("#"):
            while lines[i - 1].endswith("\\"):
                i += 1
        else:
            depth = line.count("{") - line.count("}")
            while depth > 0 or not lines[i - 1].split("/*")[0].rstrip().endswith((";", "}")):
                depth += lines[i].count("{") - lines[i].count("}")
                i += 1
        yield "\n".join(lines[begin:i])


def without_fast_paths(text):
    """They repeat what is declared above, for the compiler."""
    lines, depth = [], 0
    for line in text.split("\n"):
        if depth or line.startswith("#if COIL_FAST_PATHS"):
            depth += line.startswith("#if") - line.startswith("#endif")
        else:
            lines.append(line)
    return "\n".join(lines)


class Header:
    def __init__(self, name):
        self.name = name                      # "task_group"
        self.include = f"coil/{name}.h"
        with open(os.path.join(INCLUDE, name + ".h"), encoding="utf-8") as file:
            text = file.read()
        found = list(pieces(without_fast_paths(text)))
        head = next(p for p in found if p and p.startswith("/*\n"))
        lines = comment_lines(head)
        end = lines.index("") if "" in lines else len(lines)
        self.summary = " ".join(lines[:end]).split(" - ", 1)[1]
        self.text = lines[end + 1:]
        self.groups = []
        self.read(found[found.index(head) + 1:])

    def read(self, found):
        section, comment, group = None, None, None
        for piece in found:
            if piece is None:
                if comment is not None:  # of what is not declared here
                    comment = None
                continue
            if piece.startswith("/* ----"):
                section = re.sub(r"^/\* -+ | -+ \*/$", "", piece)
                group = None
            elif piece.startswith("/*"):
                comment = comment_lines(piece)
                group = None
            elif self.is_of_use(piece):
                if group is None:
                    group = Group(comment or [], section)
                    self.groups.append(group)
                    comment = None
                group.declarations.append(Declaration(piece))

    @staticmethod
    def is_of_use(piece):
        if piece.startswith("#"):
            name = MACRO.match(piece)
            return bool(name) and not name.group(1).endswith("_H") \
                and "__" not in name.group(1)
        return not re.fullmatch(r"struct \w+;", piece)  # it is only announced

    @property
    def page(self):
        return "coil-" + self.name.replace("_", "-")

    @property
    def package(self):
        if self.name.startswith(("http", "websocket", "url")):
            return "coil-http"
        for start in "tls", "cares", "redis", "work":
            if self.name.startswith(start):
                return "coil-" + start
        return "coil"


def read_headers():
    names = sorted(name[:-2] for name in os.listdir(INCLUDE) if name.endswith(".h"))
    return [Header(name) for name in names]


# ---- the text of a comment --------------------------------------------------

# Which name a thing has in another library.
ELSEWHERE = ("asyncio: ", "POSIX: ", "trio: ", "libuv: ")
TERM = re.compile(r"( *)(\S(?:.*?\S)??) {2,}(\S.*)")


def is_term(line, following):
    """Whether `line` begins with what it then explains, in a column of its own."""
    found = TERM.match(line)
    if not found or re.search(r"[.!?;:]$", found.group(2)):
        return False
    indent, term = len(found.group(1)), found.group(2)
    if indent == 0:
        column = found.start(3)
        goes_on = not following.strip() or TERM.match(following) or \
            following.startswith(" " * column)
        return len(term.split()) <= 2 and bool(goes_on)
    return indent <= 6 and len(term) <= 48


def parse(lines):
    """Blocks of a comment: ("text", words), ("code", lines), and
    ("list", [[term, words]]), where there may be no words."""
    blocks = []
    blank = True
    column = 0  # of the terms of the last list

    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        indent = len(line) - len(line.lstrip())
        kind = blocks[-1][0] if blocks else None
        term = is_term(line, following)
        if not line.strip():
            blank = True
            continue
        if kind == "code" and indent >= 4:
            blocks[-1][1].extend(["", line] if blank else [line])
        elif blank and indent >= 4:
            blocks.append(("code", [line]))
        elif term or 0 < indent < 4:
            if kind != "list" or indent != column and (indent < column or blank):
                blocks.append(("list", []))
                column = indent
            elif indent > column and not term:
                blocks[-1][1][-1][1].append(line.strip())
                continue
            found = TERM.match(line) if term else \
                re.match(r"( *)(-E[A-Z].*?): (.*)|( *)(.*)", line)
            groups = [g for g in found.groups() if g is not None]
            blocks[-1][1].append([groups[1], groups[2:]])
        elif kind == "list" and not blank and indent > column:
            item = blocks[-1][1][-1]
            if item[1] or indent >= column + 4:
                item[1].append(line.strip())
            else:
                item[0] += " " + line.strip()
        elif kind == "text" and not blank and not line.startswith(ELSEWHERE):
            blocks[-1][1].append(line.strip())
        else:
            blocks.append(("text", [line.strip()]))
        blank = False
    return blocks
