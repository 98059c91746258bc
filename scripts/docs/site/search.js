/* SPDX-License-Identifier: MIT */
/* Search in the list that index.js brings: [what, where, about]. */
"use strict";

(function () {
    const input = document.getElementById("search");
    const results = document.getElementById("results");
    const root = document.documentElement.dataset.root;
    let chosen = 0;

    /* A name that begins so, then one with a part that does, then any other. */
    function rank(entry, words) {
        let sum = 0;

        for (const word of words) {
            const name = entry[0].toLowerCase();
            const at = name.indexOf(word);

            if (at === 0)
                sum += name.length === word.length ? 0 : 1;
            else if (at > 0)
                sum += /[a-z0-9]/.test(name[at - 1]) ? 3 : 2;
            else if (entry[2].toLowerCase().includes(word))
                sum += 5;
            else
                return -1;
        }
        return sum * 1000 + entry[0].length;
    }

    function show() {
        const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        const found = [];

        results.textContent = "";
        if (!words.length)
            return;
        for (const entry of window.coilIndex) {
            const r = rank(entry, words);

            if (r >= 0)
                found.push([r, entry]);
        }
        found.sort((a, b) => a[0] - b[0]);
        chosen = 0;
        for (const [, [what, where, about]] of found.slice(0, 20)) {
            const item = document.createElement("li");
            const link = document.createElement("a");
            const small = document.createElement("small");

            link.href = root + where;
            link.textContent = what;
            small.textContent = about;
            link.append(small);
            item.append(link);
            results.append(item);
        }
        choose(0);
    }

    function choose(step) {
        const links = results.querySelectorAll("a");

        if (!links.length)
            return;
        links[chosen].classList.remove("chosen");
        chosen = Math.min(Math.max(chosen + step, 0), links.length - 1);
        links[chosen].classList.add("chosen");
        links[chosen].scrollIntoView({ block: "nearest" });
    }

    input.addEventListener("input", show);
    input.addEventListener("keydown", function (event) {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            choose(event.key === "ArrowDown" ? 1 : -1);
            event.preventDefault();
        } else if (event.key === "Escape") {
            input.value = "";
            show();
        }
    });
    input.form.addEventListener("submit", function (event) {
        const link = results.querySelectorAll("a")[chosen];

        event.preventDefault();
        if (link)
            location.href = link.href;
    });
    document.addEventListener("keydown", function (event) {
        if (event.key === "/" && document.activeElement !== input) {
            input.focus();
            event.preventDefault();
        }
    });
    input.value = new URLSearchParams(location.search).get("q") || "";
    show();
    /* For the check: whether the page is wider than the window. */
    document.documentElement.dataset.wide =
        document.documentElement.scrollWidth > window.innerWidth;
    document.documentElement.dataset.width = window.innerWidth;
})();
