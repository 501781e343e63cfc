// Shell is the page: bars around the world and its panels, or the sheet on a phone.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../app";
import { FleetPanel } from "../fleet/panel";
import { Inspector } from "../inspector/inspector";
import { SessionsPage } from "../sessions/sessions";
import { WorldPane } from "../world/pane";
import { Banner } from "./banner";
import { Drawer } from "./drawer";
import { listenToKeys } from "./keys";
import { PhoneSheet } from "./phone";
import { path } from "./router";
import { phone } from "./screen";
import { Shortcuts } from "./shortcuts";
import { TimeBar } from "./timebar";
import { TopBar } from "./topbar";

export const drawerOpen = signal(false);
export const sheetOpen = signal(false);

export function Shell() {
  const app = useApp();
  useEffect(() => listenToKeys(app), [app]);
  const sessions = path.value === "/sessions";
  return (
    <div class={`shell${phone.value ? " is-phone" : ""}${sessions ? " is-page" : ""}`}>
      <TopBar />
      {sessions ? <SessionsPage /> : phone.value ? <PhoneLive /> : <Live />}
      {sheetOpen.value && (
        <Shortcuts
          onClose={() => {
            sheetOpen.value = false;
          }}
        />
      )}
      <Notice />
      <div class="sr" role="status" aria-live="polite">
        {app.announcer.text}
      </div>
    </div>
  );
}

function Live() {
  return (
    <>
      <main class="live">
        <FleetPanel />
        <div class="stage">
          <WorldPane />
          <Banner />
        </div>
        <Inspector />
      </main>
      <TimeBar />
      {drawerOpen.value && <Drawer />}
    </>
  );
}

function PhoneLive() {
  return (
    <main class="live">
      <div class="stage">
        <WorldPane />
        <Banner />
      </div>
      <PhoneSheet />
    </main>
  );
}

function Notice() {
  const text = useApp().notice.value;
  return text ? <div class="notice">{text}</div> : null;
}
