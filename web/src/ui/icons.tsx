// Icons: 16 px, one stroke weight, drawn here so that nothing is fetched.
import type { ComponentChildren } from "preact";

function Icon(p: { children: ComponentChildren; size?: number }) {
  const s = p.size ?? 16;
  return (
    <svg
      class="icon"
      width={s}
      height={s}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {p.children}
    </svg>
  );
}

export const Mark = () => (
  <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
    <path d="M9 1.5 15.5 16 9 12.7 2.5 16Z" fill="var(--accent)" />
    <path d="M9 1.5V12.7L2.5 16Z" fill="var(--text)" opacity=".28" />
  </svg>
);
export const Pause = () => (
  <Icon>
    <path d="M5.5 3.5v9M10.5 3.5v9" stroke-width="2" />
  </Icon>
);
export const Play = () => (
  <Icon>
    <path d="M5 3.2 12.5 8 5 12.8Z" fill="currentColor" />
  </Icon>
);
export const Step = () => (
  <Icon>
    <path d="M4 3.2 10 8 4 12.8Z" fill="currentColor" />
    <path d="M12.5 3.5v9" />
  </Icon>
);
export const Back = () => (
  <Icon>
    <path d="M12 3.2 6 8l6 4.800Z" fill="currentColor" />
    <path d="M3.500 3.500v9" />
  </Icon>
);
export const Search = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.2" />
    <path d="m10.2 10.2 3.3 3.3" />
  </Icon>
);
export const Sun = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1" />
  </Icon>
);
export const Moon = () => (
  <Icon>
    <path d="M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6Z" />
  </Icon>
);
export const Cursor = () => (
  <Icon>
    <path d="M3.5 2.5 12.8 7l-4 1.4-1.7 4.1Z" />
  </Icon>
);
export const BoxSelect = () => (
  <Icon>
    <path d="M2.5 5V2.5H5M11 2.5h2.5V5M13.5 11v2.5H11M5 13.5H2.5V11" />
    <path d="M6 8h4M8 6v4" />
  </Icon>
);
export const GoTo = () => (
  <Icon>
    <circle cx="8" cy="8" r="4.3" />
    <path d="M8 1.5v3.2M8 11.3v3.2M1.5 8h3.2M11.3 8h3.2" />
  </Icon>
);
export const Fit = () => (
  <Icon>
    <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />
  </Icon>
);
export const Follow = () => (
  <Icon>
    <path d="M8 2.5 12 13 8 10.8 4 13Z" />
    <path d="M1.5 8h.6M13.9 8h.6" />
  </Icon>
);
export const Trail = () => (
  <Icon>
    <path d="M2.5 12.5c3 .5 3.5-3.5 6-4s2.5-3.5 5-5" />
    <circle cx="13" cy="3.3" r="1" fill="currentColor" />
  </Icon>
);
export const Close = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const Chevron = () => (
  <Icon size={12}>
    <path d="m4 6 4 4 4-4" />
  </Icon>
);
export const ListIcon = () => (
  <Icon>
    <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1" />
  </Icon>
);
export const Up = () => (
  <Icon>
    <path d="M8 13V4M4.5 7.5 8 4l3.5 3.500M3 2h10" />
  </Icon>
);
export const Down = () => (
  <Icon>
    <path d="M8 2.500v9M4.5 8 8 11.5 11.5 8M3 14h10" />
  </Icon>
);
export const Home = () => (
  <Icon>
    <path d="M2.5 8 8 3l5.5 5M4.5 7v6h7V7" />
  </Icon>
);
export const Hold = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M6.5 6v4M9.5 6v4" />
  </Icon>
);
export const Warn = () => (
  <Icon>
    <path d="M8 2.5 14 13H2Z" />
    <path d="M8 6.500v3M8 11.300v.1" />
  </Icon>
);
export const Stop = () => (
  <Icon>
    <path d="M5.5 2.500h5l3 3v5l-3 3h-5l-3-3v-5Z" />
    <path d="M6.300 6.300h3.400v3.400H6.300Z" fill="currentColor" />
  </Icon>
);
export const Bolt = () => (
  <Icon>
    <path d="M5.500 5.500h5v5h-5zM5.500 5.500H4A1.800 1.800 0 1 1 5.500 4zM10.500 5.500V4A1.800 1.800 0 1 1 12 5.500zM10.500 10.500H12a1.800 1.800 0 1 1-1.500 1.500zM5.500 10.500V12A1.800 1.800 0 1 1 4 10.500z" />
  </Icon>
);
export const Cells = () => (
  <Icon>
    <path d="M2.500 2.500h4v4h-4zM9.500 2.500h4v4h-4zM2.500 9.500h4v4h-4zM9.500 9.500h4v4h-4z" />
  </Icon>
);
export const SelectIcon = () => (
  <Icon>
    <path d="M2.500 4h6M2.500 8h4M2.500 12h3M8.500 9.500 14 11.500l-2.300.9-.9 2.300Z" />
  </Icon>
);
export const More = () => (
  <Icon>
    <path d="M3.500 8h.1M8 8h.1M12.500 8h.1" stroke-width="2.200" />
  </Icon>
);
export const Ruler = () => (
  <Icon>
    <path d="M2 11 11 2l3 3-9 9ZM5 8l1.500 1.500M7.500 5.500 9 7M10 3l1.500 1.500" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M6.500 9.500a2.700 2.700 0 0 0 4 .2l2-2a2.700 2.700 0 0 0-3.900-3.900L7.500 5M9.500 6.500a2.700 2.700 0 0 0-4-.2l-2 2a2.700 2.700 0 0 0 3.900 3.900L8.500 11" />
  </Icon>
);
export const Plus = () => (
  <Icon>
    <path d="M8 3v10M3 8h10" />
  </Icon>
);
export const Check = () => (
  <Icon>
    <path d="m3 8.500 3.200 3.200L13 5" />
  </Icon>
);
export const Trash = () => (
  <Icon>
    <path d="M3 4.500h10M6.500 4.500V3h3v1.500M4.500 4.500l.6 8.500h5.800l.6-8.500" />
  </Icon>
);

/** The shapes of status, the same as in the world: dot, diamond, square; a ring on the ground. */
export function Shape(p: { kind: number }) {
  return <i class={`shape k${p.kind}`} aria-hidden="true" />;
}
