// The words of modes and statuses, by the numbers packed frames give them
// (docs/protocol.md lists them). A number from a newer server still shows.
export const MODES = [
  "standby",
  "takeoff",
  "hold",
  "goto",
  "velocity",
  "mission",
  "orbit",
  "rtl",
  "land",
  "fault",
  "descend",
] as const;
export const STATUSES = [
  "ok",
  "low_battery",
  "critical_battery",
  "crashed",
  "fault",
  "geofence_breach",
  "link_lost",
  "gps_lost",
  "motor_failure",
  "near_collision",
  "sensor_fault",
] as const;

export const FLAG_ARMED = 1;

export function modeWord(n: number): string {
  return MODES[n] ?? `mode_${n}`;
}

/** A status nobody here knows must not look fine: it counts as a warning. */
export function statusWord(n: number): string {
  return STATUSES[n] ?? `status_${n}`;
}
