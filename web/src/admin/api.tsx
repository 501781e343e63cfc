// The API page: every route of this server, from its own OpenAPI document, and the
// stream in a few lines.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { list, record, text } from "../wire/read";
import "../ui/page.css";

interface Route {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly about: string;
}

const methods = ["get", "post", "put", "patch", "delete"] as const;

export function routesOf(v: unknown): Route[] {
  const out: Route[] = [];
  for (const [path, item] of Object.entries(record(record(v)?.paths) ?? {})) {
    for (const method of methods) {
      const op = record(record(item)?.[method]);
      if (!op) continue;
      out.push({
        method: method.toUpperCase(),
        path,
        summary: text(op.summary) ?? "",
        about: text(op.description) ?? list(op.tags).join(" "),
      });
    }
  }
  return out;
}

export function ApiPage(_: Record<string, never>) {
  const routes = useSignal<readonly Route[]>([]);
  const problem = useSignal("");
  const query = useSignal("");
  useEffect(() => {
    fetch("/openapi.json", { signal: AbortSignal.timeout(8000) })
      .then((r) => r.json())
      .then(
        (v: unknown) => {
          routes.value = routesOf(v);
        },
        () => {
          problem.value = "The server's OpenAPI document could not be read.";
        },
      );
  }, [routes, problem]);
  const host = location.host;
  const q = query.value.toLowerCase();
  const shown = routes.value.filter((r) => `${r.method} ${r.path} ${r.summary}`.toLowerCase().includes(q));
  return (
    <main class="page">
      <header>
        <h1>API</h1>
        <p class="muted">
          Everything this dashboard does, any program can do. <a href="/openapi.json">OpenAPI</a> ·{" "}
          <a href="/docs">routes for people</a> · <a href="/metrics">metrics</a>
        </p>
      </header>
      <div class="twocol">
        <section class="panel code">
          <h3>Watch, in JavaScript</h3>
          <pre tabIndex={0}>{`import { io } from "socket.io-client";
const s = io("http://${host}");
s.emit("subscribe", { stream: "drones", rate_hz: 10 });
s.on("drones", f => console.log(f.sim_time, f.drones.length));`}</pre>
        </section>
        <section class="panel code">
          <h3>Command, with curl</h3>
          <pre tabIndex={0}>{`curl -s http://${host}/api/v1/commands \\
  -H 'Content-Type: application/json' \\
  -d '{"drones":["d1"],"type":"takeoff",
       "params":{"altitude_m":20}}'`}</pre>
        </section>
      </div>
      {problem.value && (
        <p class="error" role="alert">
          {problem.value}
        </p>
      )}
      <input
        class="field"
        type="search"
        placeholder="Find a route"
        aria-label="Find a route"
        value={query.value}
        onInput={(e) => {
          query.value = e.currentTarget.value;
        }}
      />
      <div class="panel scroll">
        <table>
          <caption class="sr">Routes of the REST interface</caption>
          <thead>
            <tr>
              <th>Method</th>
              <th>Path</th>
              <th>Does</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((r) => (
              <tr key={r.method + r.path}>
                <td>
                  <span class={`method ${r.method.toLowerCase()}`}>{r.method}</span>
                </td>
                <td>
                  <code>{r.path}</code>
                </td>
                <td class="wrap">{r.summary || r.about}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {routes.value.length > 0 && shown.length === 0 && <p class="empty">No route matches.</p>}
      </div>
    </main>
  );
}
