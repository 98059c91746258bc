# SPDX-License-Identifier: MIT
"""The picture of the first table: four panels with a bar for each client."""
import math
from xml.sax.saxutils import escape

ROW = 22
LEFT = 130
PANEL = 190
GAP = 16
TOP = 62
MINE = "#0b7a4b"
OTHER = "#8a94a3"
BAD = "#c0392b"
TEXT = "#1f2933"


def bar_length(value, least, most, is_log):
    if value <= 0:
        return 0
    if is_log:
        return max(2, (PANEL - 70) * math.log(value / least) / math.log(most / least))
    return max(2, (PANEL - 70) * value / most)


def panel(out, x, title, note, results, value_of, label_of, colour_of, is_log):
    values = [value_of(result) for result in results]
    positive = [value for value in values if value > 0]
    most = max(positive, default=1)
    least = min(positive, default=1) / 3
    out.append(f'<text x="{x}" y="30" class="t">{escape(title)}</text>')
    out.append(f'<text x="{x}" y="46" class="n">{escape(note)}</text>')
    for i, (result, value) in enumerate(zip(results, values)):
        y = TOP + i * ROW
        length = bar_length(value, least, most * 1.01, is_log)
        colour = colour_of(result, value)
        if length:
            out.append(f'<rect x="{x}" y="{y}" width="{length:.1f}" height="14" '
                       f'rx="2" fill="{colour}"/>')
        out.append(f'<text x="{x + length + 5:.1f}" y="{y + 11}" class="v">'
                   f'{escape(label_of(result, value))}</text>')


def draw(results):
    """An SVG of the results, which are dictionaries as bench.py makes them."""
    width = LEFT + 4 * (PANEL + GAP)
    height = TOP + len(results) * ROW + 44
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        "<title>coil-fetch and others: URLs of hosts that fail and limit</title>",
        "<style>text{font-family:system-ui,sans-serif;fill:" + TEXT + "}"
        ".t{font-size:13px;font-weight:600}.n{font-size:10.5px;fill:#5b6672}"
        ".v,.c{font-size:11.5px}.m{font-weight:600}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for i, result in enumerate(results):
        mine = " m" if result["name"] == "coil-fetch" else ""
        out.append(f'<text x="{LEFT - 8}" y="{TOP + i * ROW + 11}" '
                   f'text-anchor="end" class="c{mine}">{escape(result["name"])}</text>')

    def colour(result, value):
        return MINE if result["name"] == "coil-fetch" else OTHER

    def bad(result, value):
        return BAD

    def rules(result):
        broken = result["over_limit"] + result["in_window"] + result["inversions"]
        return broken * 1000 / result["urls"]

    def lost(result):
        # Of a list of its own, and of the one in which it was killed.
        return (result["missing"] * 1000 / result["urls"]
                + (result["lost"] or 0) * 1000 / result.get("kill_urls", 5000))

    def count(result, value):
        return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:.1f}"

    x = LEFT
    panel(out, x, "CPU per URL", "microseconds of the client, log scale", results,
          lambda r: r["cpu"], lambda r, v: f"{v:,.1f}", colour, True)
    x += PANEL + GAP
    panel(out, x, "Time / ideal schedule", "1 is what no overhead would take", results,
          lambda r: r["ratio"],
          lambda r, v: ("> " if r["gave_up"] else "") + f"{v:.2f}", colour, False)
    x += PANEL + GAP
    panel(out, x, "Limits, priorities broken", "for 1,000 URLs, log scale", results,
          rules, count, bad, True)
    x += PANEL + GAP
    panel(out, x, "URLs lost", "of 1,000, kill -9 included; log scale", results,
          lost, count, bad, True)
    by_size = {}
    for result in results:
        by_size.setdefault(result["urls"], []).append(result["name"].split()[0])
    most = max(by_size)
    few = "; ".join(f"{', '.join(dict.fromkeys(names))}: {size:,}"
                    for size, names in by_size.items() if size != most)
    out.append(f'<text x="8" y="{height - 26}" class="n">{most:,} URLs'
               f'{escape(" (" + few + ")" if few else "")}; 100 local hosts, 5 % faults, '
               "2 % 429 with Retry-After, 4 at a time to a host, 256 in all, 8 priorities"
               "</text>")
    out.append(f'<text x="8" y="{height - 10}" class="n">Broken: requests beyond the limit '
               "of a host, within its Retry-After, or before a better one that could have "
               "begun (bench/FETCH.md)</text>")
    out.append("</svg>\n")
    return "\n".join(out)
