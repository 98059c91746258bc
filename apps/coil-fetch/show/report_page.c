/* SPDX-License-Identifier: MIT */
#include "show/report_page.h"

#include <string.h>

#include "common/crypto.h"

static const char style[] =
    ":root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--line:#e3e6eb;"
    "--soft:#eef0f4;--text:#1c2430;--dim:#667085;--done:#3b82c4;--failed:#dc5b4b;"
    "--started:#1c2430;--flight:#8268c9;--bytes:#2a9d8f;--warn:#b7791f}"
    "@media(prefers-color-scheme:dark){:root{--back:#0f141b;--card:#171e27;"
    "--line:#2a3441;--soft:#212a35;--text:#e4e9f0;--dim:#8e9bad;--done:#5aa2e6;"
    "--failed:#f07a68;--started:#e4e9f0;--flight:#a48cea;--bytes:#4fc3b3;"
    "--warn:#e0a94a}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--back);color:var(--text);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',"
    "sans-serif}"
    "main{max-width:1180px;margin:0 auto;padding:28px 20px 40px}"
    "header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 14px}"
    "h1{font-size:27px;line-height:1.25;margin:0;letter-spacing:-.01em}"
    "h2{font-size:17px;margin:0 0 12px}"
    "h3{font-size:14px;margin:18px 0 4px}"
    "p{margin:4px 0}.dim{color:var(--dim)}"
    ".pill{font-size:13px;padding:2px 10px;border-radius:99px;border:1px solid}"
    ".pill.good{color:var(--done)}.pill.bad{color:var(--failed)}"
    ".pill.warn{color:var(--warn)}"
    "code,.url{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"
    "'DejaVu Sans Mono',monospace;overflow-wrap:anywhere;unicode-bidi:isolate}"
    ".command{display:block;margin:14px 0 0;padding:10px 14px;"
    "background:var(--soft);border-radius:8px}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));"
    "gap:12px;margin:20px 0}"
    ".card,section{background:var(--card);border:1px solid var(--line);"
    "border-radius:12px}"
    ".card{padding:12px 16px}"
    ".card b{display:block;font-size:24px;line-height:1.3;font-weight:600;"
    "font-variant-numeric:tabular-nums}"
    ".card span{color:var(--dim);font-size:13px}"
    ".card small{display:block;color:var(--dim);font-size:12.5px}"
    ".card.bad b{color:var(--failed)}"
    "section{padding:18px 20px;margin:16px 0;overflow-x:auto}"
    ".legend{float:right;font-size:13px;color:var(--dim)}"
    ".legend i{display:inline-block;width:11px;height:11px;border-radius:3px;"
    "margin:0 5px 0 14px;vertical-align:-1px}"
    ".legend .line{height:2px;vertical-align:4px;border-radius:0}"
    "i.done{background:var(--done)}i.failed{background:var(--failed)}"
    "i.started{background:var(--started)}"
    "svg{display:block;width:100%;height:auto}"
    "svg text{font-size:12px;fill:var(--dim);font-variant-numeric:tabular-nums}"
    "svg .title{font-size:13px;fill:var(--text)}"
    "svg .name{font-size:14px;fill:var(--text)}"
    "svg .number{font-size:14px;fill:var(--text)}"
    ".grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--dim);"
    "stroke-width:1}"
    ".done{fill:var(--done)}.failed{fill:var(--failed)}"
    ".started{fill:none;stroke:var(--started);stroke-width:1.3;opacity:.65}"
    ".flight{fill:var(--flight);opacity:.85}.bytes{fill:var(--bytes);opacity:.85}"
    ".hit{fill:transparent}.hit:hover{fill:var(--text);opacity:.1}"
    ".phase0,.phase1,.phase2,.phase3,.phase4{fill:var(--flight);opacity:.7}"
    ".phase5{fill:var(--done);opacity:.9}"
    ".mark{stroke:var(--text);stroke-width:1.5}.p99{stroke-dasharray:3 3}"
    "table{border-collapse:collapse;width:100%;"
    "font-variant-numeric:tabular-nums}"
    "th,td{text-align:left;padding:5px 12px 5px 0;vertical-align:top;"
    "border-bottom:1px solid var(--line)}"
    "tr:last-child td{border-bottom:0}"
    "th{font-size:12.5px;font-weight:500;color:var(--dim);white-space:nowrap}"
    ".n{text-align:right;white-space:nowrap}td.bad{color:var(--failed)}"
    "th button{all:unset;cursor:pointer}th button:hover{color:var(--text)}"
    "th button:focus-visible{outline:2px solid var(--done)}"
    "th[aria-sort=ascending] button::after{content:' \\2191'}"
    "th[aria-sort=descending] button::after{content:' \\2193'}"
    ".bar{width:130px}.bar svg{height:9px;margin-top:7px}"
    ".slow{width:180px}"
    ".advice{color:var(--dim)}"
    "ul{margin:4px 0;padding-left:20px}"
    "footer{margin-top:24px;color:var(--dim);font-size:13px}"
    "@media(max-width:700px){.legend{float:none;display:block;margin:0 0 8px}"
    ".bar{display:none}}";

/* Numbers are in data-v; other cells are sorted by their words. */
static const char script[] =
    "document.querySelectorAll('table.sortable').forEach(function(t){"
    "t.querySelectorAll('th').forEach(function(th,i){"
    "var b=document.createElement('button');b.type='button';"
    "b.textContent=th.textContent;if(!b.textContent)return;"
    "th.textContent='';th.appendChild(b);"
    "b.addEventListener('click',function(){"
    "var up=th.getAttribute('aria-sort')==='descending'||"
    "(!th.hasAttribute('aria-sort')&&!th.classList.contains('n'));"
    "var body=t.tBodies[0];"
    "var rows=Array.prototype.slice.call(body.rows);"
    "function v(r){var c=r.cells[i],d=c.getAttribute('data-v');"
    "return d===null?c.textContent:Number(d)}"
    "rows.sort(function(x,y){var a=v(x),c=v(y);"
    "return(a<c?-1:a>c?1:0)*(up?1:-1)});"
    "rows.forEach(function(r){body.appendChild(r)});"
    "t.querySelectorAll('th').forEach(function(o){o.removeAttribute('aria-sort')"
    "});"
    "th.setAttribute('aria-sort',up?'ascending':'descending')})})});";

/* The hash by which the policy allows what is inline. */
static void add_source(struct text *text, const char *bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char base64[4 * EVP_MAX_MD_SIZE / 3 + 8];
    const struct crypto *crypto = crypto_load();
    unsigned size = 0;

    if (!crypto ||
        !crypto->EVP_Digest(bytes, strlen(bytes), digest, &size,
                            crypto->EVP_get_digestbyname("sha256"), NULL)) {
        text->has_failed = true;
        return;
    }
    crypto->EVP_EncodeBlock(base64, digest, (int)size);
    text_add_format(text, "'sha256-%s'", (const char *)base64);
}

void report_page_begin(struct text *text, const char *title)
{
    text_add(text,
             "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta http-equiv=\"Content-Security-Policy\" "
             "content=\"default-src 'none'; base-uri 'none'; form-action "
             "'none'; style-src ");
    add_source(text, style);
    text_add(text, "; script-src ");
    add_source(text, script);
    text_add(text, "\"><meta name=\"referrer\" content=\"no-referrer\">"
                   "<meta name=\"viewport\" content=\"width=device-width, "
                   "initial-scale=1\"><title>");
    text_html(text, title, strlen(title));
    text_add(text, "</title><style>");
    text_add(text, style);
    text_add(text, "</style></head>\n<body><main>\n");
}

void report_page_end(struct text *text)
{
    text_add(text, "</main><script>");
    text_add(text, script);
    text_add(text, "</script></body></html>\n");
}
