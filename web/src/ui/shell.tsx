// Shell is the page: bars around the world and its panels, or the sheet on a phone.
import { useEffect, useMemo } from "preact/hooks";
import { useApp } from "../app";
import { Confirm } from "../command/confirm";
import { FleetPanel } from "../fleet/panel";
import { Inspector } from "../inspector/inspector";
import { t } from "../text";
import { WorldPane } from "../world/pane";
import { actionsOf } from "./actions";
import { Banner } from "./banner";
import { Drawer } from "./drawer";
import { listenToKeys } from "./keys";
import { Lazy, lazyPages } from "./lazy";
import { drawer, palette, sheet } from "./open";
import { Palette } from "./palette";
import { PhoneSheet } from "./phone";
import { hasWorld, path } from "./router";
import { phone } from "./screen";
import { Shortcuts } from "./shortcuts";
import { TimeBar } from "./timebar";
import { TopBar } from "./topbar";

export function Shell() {
  const app = useApp();
  const actions = useMemo(() => actionsOf(app), [app]);
  useEffect(() => listenToKeys(app, actions), [app, actions]);
  const world = hasWorld(path.value);
  return (
    <div class={`shell${phone.value ? " is-phone" : ""}${world ? "" : " is-page"}`}>
      <TopBar />
      {!world ? <Lazy page={path.value} /> : phone.value && path.value === "/" ? <PhoneLive /> : <Live />}
      {sheet.value && (
        <Shortcuts
          actions={actions}
          onClose={() => {
            sheet.value = false;
          }}
        />
      )}
      {palette.value && <Palette actions={actions} />}
      <Confirm />
      <Notice />
      <div class="sr" role="status" aria-live="polite">
        {app.announcer.text}
      </div>
    </div>
  );
}

/** The world stays where it is from page to page; what stands beside it changes. */
function Live() {
  const side = lazyPages[path.value.startsWith("/replay/") ? "/replay" : path.value];
  return (
    <>
      <main class="live">
        <FleetPanel />
        <Stage />
        {side ? <Lazy page={path.value} /> : <Inspector />}
      </main>
      <TimeBar />
      {drawer.value && <Drawer />}
    </>
  );
}

/** The world in the frame of its time: live, paused or a recording can't be taken for another. */
function Stage() {
  const app = useApp();
  void app.status.value;
  const driver = app.time.driver.value;
  void app.replayer.driver.value?.state.value;
  const time = driver.replay ? "replay" : driver.paused ? "paused" : "live";
  return (
    <div class="stage" data-time={time}>
      <WorldPane />
      <Banner />
      {driver.replay && (
        <div class="timetag">
          {t.page.replay.toUpperCase()}
          {driver.paused ? " · PAUSED" : driver.speed < 0 ? " · BACKWARDS" : ""}
        </div>
      )}
    </div>
  );
}

function PhoneLive() {
  return (
    <main class="live">
      <Stage />
      <PhoneSheet />
    </main>
  );
}

function Notice() {
  const text = useApp().notice.value;
  return text ? <div class="notice">{text}</div> : null;
}
