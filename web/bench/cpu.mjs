// Processor time of a process and all below it: unlike frames a second, it does not
// depend on what else the machine does.
import { readdirSync, readFileSync } from "node:fs";

const TICKS_A_SECOND = 100; // USER_HZ, the same on every Linux

export function cpuSeconds(root) {
  const parents = new Map();
  const ticks = new Map();
  for (const pid of readdirSync("/proc").filter((n) => /^\d+$/.test(n))) {
    try {
      // The name in brackets may hold spaces; what follows the last bracket does not.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const f = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(Number(pid), Number(f[1]));
      ticks.set(Number(pid), Number(f[11]) + Number(f[12]));
    } catch {
      // It ended between the listing and the reading.
    }
  }
  const below = (pid) => {
    for (let p = pid; p > 1; p = parents.get(p) ?? 0) if (p === root) return true;
    return false;
  };
  let sum = 0;
  for (const [pid, n] of ticks) if (below(pid)) sum += n;
  return sum / TICKS_A_SECOND;
}
