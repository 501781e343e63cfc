// The bar on top: what runs, how fast, how the fleet is, how fresh the picture is.
import { seconds, useApp } from "../app";
import { StopButton } from "../command/stop-button";
import { KIND } from "../live/fleet";
import { t } from "../text";
import { ageText, clockText, count, fixed, speedText } from "./format";
import { Bolt, Mark, Moon, Shape, Sun } from "./icons";
import { palette, sheet } from "./open";
import { follow, pages, path } from "./router";
import { phone } from "./screen";
import { theme, toggleTheme } from "./theme";

export function TopBar() {
  return (
    <header class="topbar">
      <a class="brand" href="/" onClick={(e) => follow(e, "/")} aria-label="Volary, live view">
        <Mark />
        <span>Volary</span>
      </a>
      {!phone.value && (
        <nav class="tabs" aria-label="Pages">
          {pages.map(([to, name]) => (
            <a
              key={to}
              href={to}
              aria-current={
                path.value === to || (to === "/sessions" && path.value.startsWith("/replay/"))
                  ? "page"
                  : undefined
              }
              onClick={(e) => follow(e, to)}
            >
              {name}
            </a>
          ))}
        </nav>
      )}
      <State />
      <SimFigures />
      <span class="grow" />
      <Severities />
      <StopButton />
      {!phone.value && <LinkFigures />}
      {!phone.value && (
        <button
          type="button"
          class="ghost"
          title={`${t.action.palette} (Ctrl K)`}
          aria-label={t.action.palette}
          onClick={() => {
            palette.value = true;
          }}
        >
          <Bolt />
        </button>
      )}
      {!phone.value && (
        <button
          type="button"
          class="ghost key"
          title={`${t.action.sheet} (?)`}
          onClick={() => {
            sheet.value = true;
          }}
        >
          ?
        </button>
      )}
      <button
        type="button"
        class="ghost"
        title={theme.value === "dark" ? "Light theme" : "Dark theme"}
        aria-label="Change theme"
        onClick={toggleTheme}
      >
        {theme.value === "dark" ? <Sun /> : <Moon />}
      </button>
    </header>
  );
}

function State() {
  const app = useApp();
  const link = app.link.value;
  const paused = app.status.value?.paused ?? false;
  const replaying = app.time.driver.value.replay;
  const [word, look] =
    replaying && link.name !== "lost"
      ? ["REPLAY", "replay"]
      : link.name === "lost"
        ? [link.connecting ? "CONNECTING" : "OFFLINE", link.connecting ? "muted" : "error"]
        : link.name === "simulator_gone"
          ? ["NO SIMULATOR", "error"]
          : paused
            ? ["PAUSED", "warn"]
            : link.name === "stale"
              ? [Number.isFinite(link.age) ? "STALE" : "WAITING", "warn"]
              : ["LIVE", "ok"];
  return <span class={`state ${look}`}>{word}</span>;
}

function SimFigures() {
  const app = useApp();
  void app.pulse.value;
  const s = app.status.value;
  const time = app.shownTime();
  const slow = s && !app.time.replaying && !s.paused && s.rtf > 0 && s.rtf < s.speed * 0.9;
  return (
    <span class="figures">
      <b class="simtime" title="Simulated time">
        {clockText(time)}
      </b>
      {!phone.value && s && (
        <>
          <span title="Speed asked for">{speedText(app.time.driver.value.speed)}</span>
          {slow && (
            <span class="warn" title="Slower than asked for: the real-time factor achieved">
              rtf {fixed(s.rtf, 2)}
            </span>
          )}
        </>
      )}
    </span>
  );
}

const severities = [
  [KIND.error, "error"],
  [KIND.warning, "warning"],
  [KIND.ok, "flying"],
  [KIND.ground, "on the ground"],
] as const;

function Severities() {
  const app = useApp();
  const n = app.counts.value;
  return (
    <span class="severities">
      {severities.map(([kind, word]) => {
        const many = n[kind] ?? 0;
        if (phone.value && (many === 0 || kind === KIND.ground)) return null;
        return (
          <button
            type="button"
            key={kind}
            class={many === 0 ? "sev none" : "sev"}
            title={`Select ${many} ${word}`}
            aria-label={`${many} ${word}, select`}
            onClick={() => app.choose.kind(kind)}
          >
            <Shape kind={kind} />
            {count(many)}
          </button>
        );
      })}
    </span>
  );
}

function LinkFigures() {
  const app = useApp();
  void app.pulse.value;
  const now = seconds();
  const link = app.link.value;
  const rtt = app.rtt.value;
  const old = link.age > 1;
  const lag = app.tickToScreen();
  return (
    <span class="figures link">
      <Figure name="fps" about="Pictures drawn here in a second" value={fixed(app.frames.rate(now), 0)} />
      <Figure
        name="RTT"
        about="A question to the server and its answer: the way there and back"
        value={rtt === undefined ? "–" : `${rtt < 10 ? fixed(rtt, 1) : fixed(rtt, 0)} ms`}
        wide
      />
      <Figure
        name="age"
        about="Since the newest data of the fleet came. Amber after 1 s; after 3 s the world turns grey"
        value={ageText(link.age)}
        look={link.age > 3 ? "error" : old ? "warn" : ""}
        wide
      />
      <Figure
        name="lag"
        about="From the tick in the simulator to its picture here, smoothing included"
        value={lag === undefined ? "–" : `${fixed(lag, 0)} ms`}
        wide
      />
      <Figure
        name="kB/s"
        about="What comes in over the connection"
        value={fixed(app.bytes.rate(now) / 1000, 0)}
      />
      <Figure
        name="drops"
        about="Frames the server left out because this page or its network was slow"
        value={count(app.dropped.value)}
        look={app.dropped.value > 0 ? "warn" : ""}
      />
    </span>
  );
}

function Figure(p: { name: string; about: string; value: string; look?: string; wide?: boolean }) {
  return (
    <span class={`figure f-${p.name.replace("/", "")}${p.wide ? " wide" : ""}`} title={p.about}>
      <i>{p.name}</i>
      <b class={p.look ?? ""}>{p.value}</b>
    </span>
  );
}
