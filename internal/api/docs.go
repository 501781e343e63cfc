package api

import "net/http"

// The page lists the routes from the OpenAPI description itself: no script of
// another host is asked for.
const docsPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Volary API</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
code{font-family:ui-monospace,monospace}h2{margin-top:2rem}dt{margin-top:1rem;font-weight:600}dd{margin:0 0 0 1rem}
.m{display:inline-block;min-width:4.5em;color:#1668dc}pre{overflow:auto;padding:.5rem;border:1px solid #8886;border-radius:6px}</style>
<h1>Volary API</h1><p>The description for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<div id="routes">loading</div><script src="/docs/openapi.js"></script></html>`

const docsJS = `"use strict";
fetch("/openapi.json").then((r) => r.json()).then((d) => {
  const root = document.getElementById("routes");
  root.textContent = "";
  const list = document.createElement("dl");
  for (const [path, ops] of Object.entries(d.paths)) for (const [method, op] of Object.entries(ops)) {
    const dt = document.createElement("dt"), dd = document.createElement("dd"), m = document.createElement("code");
    m.className = "m"; m.textContent = method.toUpperCase();
    const p = document.createElement("code"); p.textContent = path;
    dt.append(m, p); dd.textContent = op.summary || "";
    const q = (op.parameters || []).map((x) => x.name + (x.description ? ": " + x.description : ""));
    if (q.length) { const ul = document.createElement("ul"); for (const t of q) { const li = document.createElement("li"); li.textContent = t; ul.append(li); } dd.append(ul); }
    list.append(dt, dd);
  }
  root.append(list);
});`

func docs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'")
	_, _ = w.Write([]byte(docsPage))
}

func docsScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write([]byte(docsJS))
}
