// What became of a command: counts, reasons, and the two ways on.
import { useApp } from "../app";
import { t } from "../text";
import { clockText, count } from "../ui/format";
import { Close } from "../ui/icons";
import type { Outcome } from "./run";

const NAMED = 6;
const REASONS = 5;

export function Result() {
  const app = useApp();
  const o = app.desk.latest.value;
  return o ? <OutcomeCard o={o} onClose={() => app.desk.dismiss()} /> : null;
}

export function OutcomeCard(p: { o: Outcome; onClose?: () => void; dated?: boolean }) {
  const app = useApp();
  const { o } = p;
  const failed = o.refusals.flatMap((r) => r.drones);
  return (
    <div class="result" role={p.dated ? undefined : "status"} data-testid="result">
      <header>
        {p.dated && <time class="muted">{clockText(o.simTime)}</time>}
        <b>{o.title}</b>
        <Counts o={o} />
        {p.onClose && (
          <button type="button" class="ghost" aria-label={t.ui.dismiss} onClick={p.onClose}>
            <Close />
          </button>
        )}
      </header>
      {o.pending > 0 && (
        <div class="meter">
          <i class="accent" style={{ transform: `scaleX(${(o.ok + o.failed) / o.asked})` }} />
        </div>
      )}
      {o.blocked && <p class="error">{o.blocked}</p>}
      {o.refusals.length > 0 && (
        <ul>
          {o.refusals.slice(0, REASONS).map((r) => (
            <li key={r.reason}>
              <span>{r.reason}</span>
              <button
                type="button"
                class="link"
                title={t.result.selectThese}
                onClick={() => app.selection.set(r.drones)}
              >
                {r.drones.slice(0, NAMED).join(", ")}
                {r.drones.length > NAMED && ` ${t.result.more(r.drones.length - NAMED)}`}
              </button>
            </li>
          ))}
          {o.refusals.length > REASONS && (
            <li class="muted">{t.result.moreReasons(o.refusals.length - REASONS)}</li>
          )}
        </ul>
      )}
      {(failed.length > 0 || o.blocked) && (
        <div class="pair">
          {failed.length > 0 && (
            <button type="button" class="small" onClick={() => app.selection.set(failed)}>
              {t.result.selectFailed}
            </button>
          )}
          <button
            type="button"
            class="small"
            disabled={!app.link.value.commands || o.pending > 0}
            onClick={() => app.desk.retry(o.key)}
          >
            {t.result.retry(failed.length)}
          </button>
        </div>
      )}
    </div>
  );
}

function Counts(p: { o: Outcome }) {
  const { ok, pending, failed, blocked } = p.o;
  const parts = [
    ok > 0 && (
      <span class="ok" key="ok">
        {t.result.ok(count(ok))}
      </span>
    ),
    pending > 0 && (
      <span class="muted" key="pending">
        {t.result.pending(count(pending))}
      </span>
    ),
    failed > 0 && (
      <span class="error" key="failed">
        {t.result.failed(count(failed))}
      </span>
    ),
    blocked && (
      <span class="error" key="blocked">
        {t.result.notSent}
      </span>
    ),
  ].filter(Boolean);
  return <span>{parts.flatMap((part, i) => (i === 0 ? [part] : [" · ", part]))}</span>;
}

/** All commands of this visit, for the drawer. */
export function CommandHistory() {
  const app = useApp();
  const all = app.desk.outcomes.value;
  return (
    <div class="history-list">
      {all.length === 0 && <p class="empty">{t.result.none}</p>}
      {all.map((o) => (
        <OutcomeCard key={o.key} o={o} dated />
      ))}
    </div>
  );
}
