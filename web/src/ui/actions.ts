// Every action a person can take from the keyboard or the palette, in one list:
// the keys, the palette and the sheet of shortcuts are made from it and can't
// tell different stories.
import type { App } from "../app";
import type { CommandType } from "../command/catalogue";
import { KIND } from "../live/fleet";
import { t } from "../text";
import { nextTrails, showMode, view } from "../world/view";
import { fleetView, search } from "./focus";
import { copyLink } from "./link";
import { drawer, palette, sheet } from "./open";
import { go, pages, path } from "./router";
import { toggleTheme } from "./theme";

export interface Action {
  readonly id: string;
  readonly title: string;
  readonly group: keyof typeof t.group;
  /** As `KeyboardEvent.key` in lower case; "mod+k" with Ctrl or Cmd. */
  readonly keys?: readonly string[];
  /** How the keys are shown, if not as they are. */
  readonly shown?: string;
  /** Only on pages that show the world. */
  readonly world?: boolean;
  /** Left out of the palette: it means nothing there. */
  readonly quiet?: boolean;
  readonly able?: () => boolean;
  readonly run: () => void;
}

const commands: readonly CommandType[] = [
  "takeoff",
  "hold",
  "rtl",
  "land",
  "arm",
  "disarm",
  "mission_start",
  "mission_pause",
  "mission_resume",
  "kill",
  "remove",
];

export function actionsOf(app: App): readonly Action[] {
  const selected = () => app.selection.size > 0;
  const a = t.action;
  const list: Action[] = [
    {
      id: "pause",
      title: a.pause,
      group: "time",
      keys: [" "],
      shown: "Space",
      run: () => void app.time.togglePause(),
    },
    { id: "step", title: a.step, group: "time", keys: ["."], run: () => void app.time.step() },
    {
      id: "slower",
      title: a.slower,
      group: "time",
      keys: ["["],
      run: () => void app.time.shiftSpeed(-1),
    },
    {
      id: "faster",
      title: a.faster,
      group: "time",
      keys: ["]"],
      run: () => void app.time.shiftSpeed(1),
    },
    ...(
      [
        ["back", "j", () => app.replayer.driver.value?.shuttle(-1)],
        ["still", "k", () => app.replayer.driver.value?.pause()],
        ["forth", "l", () => app.replayer.driver.value?.shuttle(1)],
        ["frameBack", ",", () => app.replayer.driver.value?.back()],
      ] as const
    ).map(
      ([id, key, run]): Action => ({
        id,
        title: a[id],
        group: "time",
        keys: [key],
        world: true,
        able: () => app.time.replaying,
        run: () => void run(),
      }),
    ),
    {
      id: "view2",
      title: a.view2,
      group: "view",
      keys: ["2"],
      world: true,
      run: () => showMode("2d"),
    },
    {
      id: "view3",
      title: a.view3,
      group: "view",
      keys: ["3"],
      world: true,
      run: () => showMode("3d"),
    },
    {
      id: "follow",
      title: a.follow,
      group: "view",
      keys: ["f"],
      world: true,
      able: selected,
      run: () => {
        view.follow.value = view.follow.value === "follow" ? "off" : "follow";
      },
    },
    {
      id: "chase",
      title: a.chase,
      group: "view",
      keys: ["c"],
      world: true,
      able: selected,
      run: () => {
        view.follow.value = view.follow.value === "chase" ? "off" : "chase";
        if (view.follow.value === "chase") showMode("3d");
      },
    },
    { id: "fit", title: a.fit, group: "view", keys: ["a"], world: true, run: () => app.world?.fit() },
    { id: "trails", title: a.trails, group: "view", keys: ["t"], world: true, run: nextTrails },
    {
      id: "zoomIn",
      title: a.zoomIn,
      group: "view",
      keys: ["+", "="],
      shown: "+",
      world: true,
      quiet: true,
      run: () => app.camera.zoom(0.8),
    },
    {
      id: "zoomOut",
      title: a.zoomOut,
      group: "view",
      keys: ["-"],
      shown: "−",
      world: true,
      quiet: true,
      run: () => app.camera.zoom(1.25),
    },
    ...(
      [
        ["left", "arrowleft", "←", 60, 0],
        ["right", "arrowright", "→", -60, 0],
        ["up", "arrowup", "↑", 0, 60],
        ["down", "arrowdown", "↓", 0, -60],
      ] as const
    ).map(
      ([id, key, shown, x, y]): Action => ({
        id,
        title: a[id],
        group: "view",
        keys: [key],
        shown,
        world: true,
        quiet: true,
        run: () => app.camera.pan(x, y),
      }),
    ),
    {
      id: "search",
      title: a.search,
      group: "select",
      keys: ["/"],
      world: true,
      run: () => search.focus(""),
    },
    {
      id: "all",
      title: a.selectAll,
      group: "select",
      keys: ["mod+a"],
      shown: "Ctrl A",
      world: true,
      run: () => app.choose.listed(),
    },
    {
      id: "selectTool",
      title: a.selectTool,
      group: "select",
      keys: ["v"],
      world: true,
      run: () => {
        view.tool.value = "select";
      },
    },
    {
      id: "box",
      title: a.box,
      group: "select",
      keys: ["b"],
      world: true,
      run: () => {
        view.tool.value = view.tool.value === "box" ? "select" : "box";
      },
    },
    ...(
      [
        [KIND.error, "Select drones with errors"],
        [KIND.warning, "Select drones with warnings"],
        [KIND.ok, "Select flying drones in order"],
        [KIND.ground, "Select drones on the ground"],
      ] as const
    ).map(
      ([kind, title]): Action => ({
        id: `kind${kind}`,
        title,
        group: "select",
        world: true,
        able: () => (app.counts.value[kind] ?? 0) > 0,
        run: () => app.choose.kind(kind),
      }),
    ),
    {
      id: "invert",
      title: "Invert the selection",
      group: "select",
      world: true,
      run: () => app.choose.inverted(),
    },
    {
      id: "goto",
      title: a.goto,
      group: "command",
      keys: ["x"],
      world: true,
      able: selected,
      run: () => {
        view.tool.value = view.tool.value === "goto" ? "select" : "goto";
      },
    },
    ...commands.map(
      (type): Action => ({
        id: `command.${type}`,
        title: t.command[type],
        group: "command",
        able: () => selected() && app.link.value.commands,
        run: () =>
          app.desk.request(type, app.selection.ids(), type === "takeoff" ? { altitude_m: 20 } : undefined),
      }),
    ),
    {
      id: "stop",
      title: a.stop,
      group: "command",
      run: () => {
        app.desk.latch.engage();
      },
    },
    {
      id: "measure",
      title: a.measure,
      group: "more",
      keys: ["m"],
      world: true,
      run: () => {
        view.tool.value = view.tool.value === "measure" ? "select" : "measure";
      },
    },
    {
      id: "matrix",
      title: a.matrix,
      group: "more",
      keys: ["h"],
      world: true,
      run: () => {
        fleetView.value = fleetView.value === "list" ? "matrix" : "list";
      },
    },
    {
      id: "drawer",
      title: a.drawer,
      group: "more",
      keys: ["e"],
      world: true,
      run: () => {
        drawer.value = drawer.value ? undefined : "log";
      },
    },
    {
      id: "palette",
      title: a.palette,
      group: "more",
      keys: ["mod+k"],
      shown: "Ctrl K",
      quiet: true,
      run: () => {
        palette.value = !palette.value;
      },
    },
    {
      id: "copyLink",
      title: a.copyLink,
      group: "more",
      world: true,
      run: () => {
        copyLink(app);
        app.say(a.linkCopied);
      },
    },
    { id: "theme", title: a.theme, group: "more", run: toggleTheme },
    {
      id: "sheet",
      title: a.sheet,
      group: "more",
      keys: ["?"],
      run: () => {
        sheet.value = !sheet.value;
      },
    },
    ...pages.map(
      ([to, name]): Action => ({
        id: `page${to}`,
        title: name,
        group: "go",
        able: () => path.value !== to,
        run: () => go(to),
      }),
    ),
  ];
  return list;
}

/** Keys that are heard elsewhere, for the sheet. */
export const otherKeys: readonly (readonly [keyof typeof t.group, string, string])[] = [
  ["select", "10-20 Enter", t.action.range],
  ["select", "G 1…9", t.action.groups],
  ["select", "Shift click", t.action.addClick],
  ["select", "Esc", t.action.clear],
];
