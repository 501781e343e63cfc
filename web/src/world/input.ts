// Pointer input on the world: what a drag, a click, a wheel and two fingers mean
// with each tool. Left drag moves the view (2D) or orbits it (3D), right drag
// always moves it; with Shift, or the box tool, a left drag draws a box.

import { view } from "./view";
import type { World } from "./world";

export interface WorldActions {
  /** A click on a drone, or on none (-1). */
  click(slot: number, add: boolean): void;
  box(slots: number[], add: boolean): void;
  /** The go-to tool clicked on a pixel. */
  place(x: number, y: number): void;
  /** A right click. */
  menu(x: number, y: number): void;
  /** The rectangle being drawn, or nothing. */
  rubber(rect: { x: number; y: number; w: number; h: number } | undefined): void;
}

const CLICK_SLACK_PX = 4;

type Drag = "none" | "pan" | "orbit" | "box" | "pinch" | "edit";

export function listenToPointer(canvas: HTMLCanvasElement, world: World, act: WorldActions): () => void {
  const off = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(
    k: K,
    f: (e: HTMLElementEventMap[K]) => void,
    passive = true,
  ) => canvas.addEventListener(k, f, { signal: off.signal, passive });
  const fingers = new Map<number, { x: number; y: number }>();
  let drag: Drag = "none";
  let start = { x: 0, y: 0 };
  let last = { x: 0, y: 0 };
  let moved = false;
  let pinch = { span: 0, x: 0, y: 0 };

  const local = (e: MouseEvent) => {
    const r = canvas.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  };
  const spanOf = () => {
    const [a, b] = [...fingers.values()];
    if (!a || !b) return pinch;
    return { span: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };

  on("pointerdown", (e) => {
    const p = local(e);
    canvas.setPointerCapture(e.pointerId);
    fingers.set(e.pointerId, p);
    if (fingers.size === 2) {
      drag = "pinch";
      pinch = spanOf();
      moved = true;
      act.rubber(undefined);
      return;
    }
    start = last = p;
    moved = false;
    if (e.button === 0 && !e.shiftKey && world.editor?.down(p, e)) {
      drag = "edit";
      return;
    }
    const boxing = e.button === 0 && (e.shiftKey || view.tool.value === "box") && view.tool.value !== "goto";
    if (boxing) drag = "box";
    else if (e.button === 0 && view.mode.value === "3d" && !e.ctrlKey) drag = "orbit";
    else drag = "pan";
  });

  on("pointermove", (e) => {
    const p = local(e);
    if (drag === "none") {
      if (e.pointerType === "mouse") {
        if (world.editor) world.editor.hover(p);
        else world.hovered = world.pick(p.x, p.y);
      }
      return;
    }
    if (fingers.has(e.pointerId)) fingers.set(e.pointerId, p);
    if (drag === "pinch") {
      const next = spanOf();
      if (next.span > 0 && pinch.span > 0) world.camera.zoom(pinch.span / next.span);
      world.camera.pan(next.x - pinch.x, next.y - pinch.y);
      pinch = next;
      return;
    }
    if (!moved && Math.hypot(p.x - start.x, p.y - start.y) < CLICK_SLACK_PX) return;
    moved = true;
    const dx = p.x - last.x;
    const dy = p.y - last.y;
    last = p;
    if (drag === "edit") world.editor?.drag(p);
    else if (drag === "box") {
      act.rubber({
        x: Math.min(start.x, p.x),
        y: Math.min(start.y, p.y),
        w: Math.abs(p.x - start.x),
        h: Math.abs(p.y - start.y),
      });
    } else if (drag === "orbit") {
      world.camera.orbit(dx, dy);
    } else {
      view.follow.value = "off";
      world.camera.pan(dx, dy);
    }
  });

  const end = (e: PointerEvent) => {
    // A button held down elsewhere, in a dialog that is gone now, is no click here.
    if (!fingers.delete(e.pointerId)) return;
    const p = local(e);
    const was = drag;
    if (was === "pinch") {
      // The finger that stays must not jump the view or count as a click.
      if (fingers.size === 0) drag = "none";
      return;
    }
    drag = "none";
    act.rubber(undefined);
    if (e.type === "pointercancel") return;
    const add = e.shiftKey || e.ctrlKey || e.metaKey;
    if (was === "edit" || (world.editor && e.button === 0 && was !== "box")) {
      world.editor?.up(p, moved);
      return;
    }
    if (was === "box" && moved)
      act.box(world.pickBox(start.x, start.y, p.x, p.y), add && view.tool.value === "box");
    else if (!moved && e.button === 0) {
      if (view.tool.value === "goto") act.place(p.x, p.y);
      else act.click(world.pick(p.x, p.y), add);
    }
  };
  on("pointerup", end);
  on("pointercancel", end);
  on("pointerleave", () => {
    world.hovered = -1;
  });
  on(
    "contextmenu",
    (e) => {
      e.preventDefault();
      // A right drag moves the view; only a right click asks for the menu.
      if (!moved) act.menu(local(e).x, local(e).y);
    },
    false,
  );
  on(
    "wheel",
    (e) => {
      e.preventDefault();
      const lines = e.deltaMode === 1 ? 30 : 1;
      world.camera.zoom(Math.exp(Math.max(-200, Math.min(200, e.deltaY * lines)) * 0.0016), local(e));
    },
    false,
  );
  on("dblclick", (e) => {
    const p = local(e);
    if (world.editor) world.editor.double(p);
    else if (world.pick(p.x, p.y) >= 0) world.fit();
  });
  return () => off.abort();
}
