# SPDX-License-Identifier: MIT
"""The picture of the table: how often each peer takes as long as coil."""
import math
from xml.sax.saxutils import escape

ROW = 24
LEFT = 330
WIDTH = 560
TOP = 78
MINE = "#0b7a4b"
FLOOR = "#1f2933"
TEXT = "#1f2933"
COLOURS = ["#2f6fb2", "#d1812c", "#b8478f", "#7a5ab5", "#c0392b", "#5f8a8b", "#8a6d3b",
           "#6b7785", "#3aa0a0", "#a05a3a", "#5a7a2a", "#903a6a", "#4a4ad0", "#c08a00",
           "#207040", "#d06a6a"]


def draw(coil, floor, peers, wanted, same):
    """An SVG of programs as bench.py makes them: a line for each row, a dot for each."""
    lines = []
    for row in wanted:
        mine = coil.best(row.name)
        if not mine:
            continue
        dots = []
        for peer, colour in zip(peers, COLOURS):
            value = peer.best(same.get(row.name, row.name))
            if value:
                dots.append((value / mine, colour, peer.title))
        least = floor.best(row.name)
        lines.append((row, least / mine if least else None, dots))
    ratios = [ratio for _, least, dots in lines
              for ratio in [dot[0] for dot in dots] + ([least] if least else [])] + [1]
    low = math.floor(math.log10(min(ratios)) * 2) / 2
    high = max(math.ceil(math.log10(max(ratios)) * 2) / 2, low + 1)

    def at(ratio):
        return LEFT + WIDTH * (math.log10(ratio) - low) / (high - low)

    height = TOP + len(lines) * ROW + 30
    width = LEFT + WIDTH + 30
    bottom = TOP + len(lines) * ROW - 6
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        "<title>coil and its peers: the cost of each row</title>",
        "<style>text{font-family:system-ui,sans-serif;fill:" + TEXT + "}"
        ".t{font-size:13px;font-weight:600}.n{font-size:10.5px;fill:#5b6672}"
        ".c{font-size:11.5px}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<text x="12" y="20" class="t">Cost of a unit, coil = 1</text>',
        '<text x="12" y="36" class="n">log scale; to the right of the line coil is '
        "cheaper</text>",
    ]
    x, y = 200, 16
    legend = [("coil", MINE)] + [(peer.title, colour)
                                 for peer, colour in zip(peers, COLOURS)]
    for title, colour in legend + [("floor", FLOOR)]:
        if x + 24 + 7 * len(title) > width:
            x, y = 270, y + 18
        if title == "floor":
            out.append(f'<rect x="{x - 2}" y="{y - 6}" width="3" height="12" '
                       f'fill="{colour}"/>')
        else:
            out.append(f'<circle cx="{x}" cy="{y}" r="4.5" fill="{colour}"/>')
        out.append(f'<text x="{x + 8}" y="{y + 4}" class="c">{escape(title)}</text>')
        x += 24 + 7 * len(title)
    for power in range(math.ceil(low), math.floor(high) + 1):
        x = at(10 ** power)
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 14}" x2="{x:.1f}" y2="{bottom}" '
                   f'stroke="{MINE if power == 0 else "#d7dce2"}"/>')
        out.append(f'<text x="{x:.1f}" y="{TOP - 20}" text-anchor="middle" class="n">'
                   f"{10 ** power:g}</text>")
    for i, (row, least, dots) in enumerate(lines):
        y = TOP + i * ROW
        out.append(f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end" class="c">'
                   f"{escape(row.title)}</text>")
        out.append(f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + WIDTH}" y2="{y}" '
                   'stroke="#eef1f4"/>')
        if least:
            out.append(f'<rect x="{at(least) - 1.5:.1f}" y="{y - 6}" width="3" '
                       f'height="12" fill="{FLOOR}"/>')
        out.append(f'<circle cx="{at(1):.1f}" cy="{y}" r="5" fill="{MINE}"/>')
        for ratio, colour, title in dots:
            out.append(f'<circle cx="{at(ratio):.1f}" cy="{y}" r="4.5" fill="{colour}" '
                       f'fill-opacity="0.85"><title>{escape(title)}: {ratio:.2f}</title>'
                       "</circle>")
    out.append("</svg>\n")
    return "\n".join(out)
