// Processor time of a process and all below it: unlike frames a second, it does not
// depend on what else the machine does.
import { readdirSync, readFileSync } from "node:fs";

const TICKS_A_SECOND = 100; // USER_HZ, the same on every Linux

/** Processor time of all processes below `root`, and of the main threads of those that run pages. */
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
  let [all, main] = [0, 0];
  for (const [pid, n] of ticks) {
    if (!below(pid)) continue;
    all += n;
    main += mainThread(pid);
  }
  return { all: all / TICKS_A_SECOND, main: main / TICKS_A_SECOND };
}

/** Ticks of a page's main thread, whose number is that of its process. */
function mainThread(pid) {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")) return 0;
    const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8");
    const f = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(f[11]) + Number(f[12]);
  } catch {
    return 0;
  }
}
