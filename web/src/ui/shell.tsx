// Shell is the page: bars around the world and its panels, or the sheet on a phone.
import { useEffect, useMemo } from "preact/hooks";
import { useApp } from "../app";
import { Confirm } from "../command/confirm";
import { FleetPanel } from "../fleet/panel";
import { Inspector } from "../inspector/inspector";
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
        <div class="stage">
          <WorldPane />
          <Banner />
        </div>
        {side ? <Lazy page={path.value} /> : <Inspector />}
      </main>
      <TimeBar />
      {drawer.value && <Drawer />}
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
