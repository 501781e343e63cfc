// The sheet of the phone: three stops, three tabs, and only the commands that
// make a situation safer.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { SafeCommands } from "../command/panel";
import { FleetPanel } from "../fleet/panel";
import { InspectorBody } from "../inspector/inspector";
import { LogView } from "./drawer";
import { Pause, Play } from "./icons";

const stop = signal<0 | 1 | 2>(0);
const tab = signal<"fleet" | "drone" | "log">("fleet");
const tabs = [
  ["fleet", "Fleet"],
  ["drone", "Drone"],
  ["log", "Log"],
] as const;

export function PhoneSheet() {
  const app = useApp();
  const from = useRef<number | undefined>(undefined);
  const sheet = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!sheet.current) return;
    const el = sheet.current;
    // The world lies under the sheet; the camera keeps its target above it.
    const watch = new ResizeObserver(() => app.camera.cover(el.offsetHeight));
    watch.observe(el);
    return () => {
      watch.disconnect();
      app.camera.cover(0);
    };
  }, [app]);
  const paused = app.status.value?.paused ?? false;
  const shift = (by: number) => {
    stop.value = Math.max(0, Math.min(2, stop.value + by)) as 0 | 1 | 2;
  };
  return (
    <section ref={sheet} class={`sheet stop${stop.value}`} aria-label="Fleet and drones">
      <button
        type="button"
        class="grip"
        aria-label={stop.value === 2 ? "Lower the sheet" : "Raise the sheet"}
        onPointerDown={(e) => {
          from.current = e.clientY;
          e.currentTarget.setPointerCapture(e.pointerId);
        }}
        onPointerUp={(e) => {
          const by = from.current === undefined ? 0 : from.current - e.clientY;
          from.current = undefined;
          if (Math.abs(by) > 24) shift(by > 0 ? 1 : -1);
          else shift(stop.value === 2 ? -2 : 1);
        }}
      >
        <i />
      </button>
      <div class="sheetbar">
        <div class="segments" role="group" aria-label="Sheet">
          {tabs.map(([key, word]) => (
            <button
              type="button"
              key={key}
              aria-pressed={tab.value === key}
              onClick={() => {
                tab.value = key;
                if (stop.value === 0) stop.value = 1;
              }}
            >
              {word}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="play"
          disabled={!app.link.value.commands}
          aria-label={paused ? "Resume" : "Pause"}
          onClick={() => void app.time.togglePause()}
        >
          {paused ? <Play /> : <Pause />}
        </button>
      </div>
      <SafeCommands />
      <div class="sheetbody">
        {tab.value === "fleet" && <FleetPanel />}
        {tab.value === "drone" && <InspectorBody commands={false} />}
        {tab.value === "log" && <LogView />}
      </div>
    </section>
  );
}
