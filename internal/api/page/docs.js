// The page lists the routes from the OpenAPI description itself, and sends
// requests. It asks no other host for anything, and keeps the token in memory.
"use strict";

const make = (tag, props = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};

/** A value that fits a schema: its example, or one made of its parts. */
function sample(schema, doc, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return sample(doc.components.schemas[schema.$ref.split("/").pop()], doc, depth + 1);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.oneOf) return sample(schema.oneOf[0], doc, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type.find((t) => t !== "null") : schema.type;
  if (type === "object") {
    const out = {};
    for (const [name, s] of Object.entries(schema.properties ?? {}))
      if (schema.required?.includes(name) || s.examples || s.example !== undefined) out[name] = sample(s, doc, depth + 1);
    return out;
  }
  if (type === "array") return [sample(schema.items, doc, depth + 1)].filter((v) => v !== null);
  return { string: "", integer: 1, number: 1, boolean: false }[type] ?? null;
}

const quote = (s) => `'${s.replaceAll("'", `'\\''`)}'`;

function operation(doc, path, method, op) {
  const inputs = [];
  const rows = (op.parameters ?? []).map((p) => {
    const input = make("input", { placeholder: String(p.schema?.default ?? p.example ?? ""), ariaLabel: p.name });
    inputs.push([p, input]);
    return make("tr", {}, make("td", {}, make("code", { textContent: p.name + (p.required ? " *" : "") })), make("td", {}, input),
      make("td", { textContent: [p.description, p.schema?.enum && `one of ${p.schema.enum.join(", ")}`].filter(Boolean).join("; ") }));
  });
  const kinds = Object.entries(op.requestBody?.content ?? {});
  let body;
  if (kinds.length) {
    const value = sample(kinds[0][1].schema, doc);
    body = make("textarea", { spellcheck: false, ariaLabel: "body", value: typeof value === "string" ? value : JSON.stringify(value, null, 2) });
  }
  const curl = make("pre");
  const answer = make("pre", { hidden: true });

  const request = () => {
    let url = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const [p, input] of inputs) {
      if (p.in === "path") url = url.replace(`{${p.name}}`, encodeURIComponent(input.value || p.name));
      else if (input.value && p.in === "query") query.set(p.name, input.value);
      else if (input.value && p.in === "header") headers[p.name] = input.value;
    }
    if (query.size) url += `?${query}`;
    if (body) headers["Content-Type"] = kinds[0][0];
    const token = document.getElementById("token").value;
    if (token) headers.Authorization = `Bearer ${token}`;
    return { url, headers };
  };
  const show = () => {
    const { url, headers } = request();
    curl.textContent = [`curl -X ${method.toUpperCase()} ${quote(location.origin + url)}`,
      ...Object.entries(headers).map(([k, v]) => `-H ${quote(`${k}: ${k === "Authorization" ? "Bearer $TOKEN" : v}`)}`),
      ...(body ? [`-d ${quote(body.value)}`] : [])].join(" \\\n  ");
  };
  const send = async () => {
    const { url, headers } = request();
    answer.hidden = false;
    answer.textContent = "…";
    try {
      const r = await fetch(url, { method: method.toUpperCase(), headers, body: body?.value });
      const text = await r.text();
      answer.className = r.ok ? "" : "bad";
      let shown = text;
      if (r.headers.get("content-type")?.includes("json")) {
        try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* as it came */ }
      }
      answer.textContent = `${r.status} ${r.statusText}\n\n${shown.slice(0, 100_000)}`;
    } catch (e) {
      answer.className = "bad";
      answer.textContent = String(e);
    }
  };
  const box = make("details", {},
    make("summary", {}, make("span", { className: "method", textContent: method.toUpperCase() }), make("code", { textContent: path }), make("span", { className: "what", textContent: op.summary ?? "" })),
    ...(op.description ? [make("p", { textContent: op.description })] : []),
    make("table", {}, ...rows),
    ...(body ? [make("p", { textContent: kinds.map(([k]) => k).join(", ") }), body] : []),
    make("button", { type: "button", textContent: "Send", onclick: send }), curl, answer);
  box.addEventListener("input", show);
  box.addEventListener("toggle", show);
  box.dataset.words = `${method} ${path} ${op.summary} ${op.tags}`.toLowerCase();
  return box;
}

fetch("/openapi.json").then((r) => r.json()).then((doc) => {
  const root = document.getElementById("routes");
  const byTag = new Map();
  for (const [path, ops] of Object.entries(doc.paths))
    for (const [method, op] of Object.entries(ops)) {
      const tag = op.tags?.[0] ?? "other";
      if (!byTag.has(tag)) byTag.set(tag, make("section", {}, make("h2", { textContent: tag })));
      byTag.get(tag).append(operation(doc, path, method, op));
    }
  root.replaceChildren(...byTag.values());
  document.getElementById("find").addEventListener("input", (e) => {
    for (const box of root.querySelectorAll("details")) box.hidden = !box.dataset.words.includes(e.target.value.toLowerCase());
  });
}).catch((e) => { document.getElementById("routes").textContent = `The description can't be read: ${e}`; });
