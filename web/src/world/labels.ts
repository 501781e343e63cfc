// Labels are the few names written beside drones: the hovered, the chosen, and
// all where there is room. They are DOM nodes of a fixed pool; a label that
// would cover another is left out.

const MAX = 200;
const CELL_W = 64;
const CELL_H = 18;

export class Labels {
  #nodes: HTMLElement[] = [];
  #texts: string[] = [];
  #used = 0;
  #taken = new Set<number>();

  constructor(readonly host: HTMLElement) {}

  begin(): void {
    this.#used = 0;
    this.#taken.clear();
  }

  /** Writes a label beside a pixel; answers false when there is no room left at all. */
  add(text: string, x: number, y: number, strong: boolean): boolean {
    if (this.#used >= MAX) return false;
    const cell = Math.floor(x / CELL_W) * 4096 + Math.floor(y / CELL_H);
    if (!strong && (this.#taken.has(cell) || this.#taken.has(cell + 4096))) return true;
    this.#taken.add(cell);
    this.#taken.add(cell + 4096);
    const i = this.#used++;
    let node = this.#nodes[i];
    if (!node) {
      node = document.createElement("span");
      this.host.append(node);
      this.#nodes.push(node);
    }
    if (this.#texts[i] !== text) {
      node.textContent = text;
      this.#texts[i] = text;
    }
    node.className = strong ? "label strong" : "label";
    node.style.transform = `translate(${Math.round(x + 13)}px, ${Math.round(y - 8)}px)`;
    return true;
  }

  finish(): void {
    for (let i = this.#used; i < this.#nodes.length; i++) {
      const node = this.#nodes[i];
      if (node && node.className !== "label off") node.className = "label off";
    }
  }
}
