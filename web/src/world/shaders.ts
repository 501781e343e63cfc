// The shaders of the world. Positions come as two samples and a velocity; the
// shown instant is a uniform, so between two frames from the network the CPU
// moves nothing.

const shown = `
layout(location=0) in vec4 a_prev;   // xyz, time
layout(location=1) in vec4 a_next;   // xyz, time
layout(location=2) in vec4 a_vel;    // xyz, wall time of the newest sample
layout(location=3) in vec4 a_turn;   // heading before, heading after, roll, pitch (degrees)
layout(location=4) in uvec4 a_flag;  // kind, selected, hovered, alive
uniform mat4 u_view;
uniform vec2 u_size;      // CSS pixels
uniform float u_t, u_reach, u_now, u_stale, u_grey;
vec3 shownAt() {
  float span = a_next.w - a_prev.w;
  float u = span > 0.0 ? clamp((u_t - a_prev.w) / span, 0.0, 1.0) : 1.0;
  return mix(a_prev.xyz, a_next.xyz, u) + a_vel.xyz * clamp(u_t - a_next.w, 0.0, u_reach);
}
float headingAt() {
  float span = a_next.w - a_prev.w;
  float u = span > 0.0 ? clamp((u_t - a_prev.w) / span, 0.0, 1.0) : 1.0;
  return radians(mix(a_turn.x, a_turn.y, u));
}
float staleness() { return max(u_grey, smoothstep(u_stale, u_stale + 0.25, u_now - a_vel.w)); }
`;

const colours = `
uniform vec3 u_kind[4];
uniform vec3 u_staleColour;
`;

/** How large a drone is drawn, and as what: shared, so that every drone is drawn by exactly one of the two programs. */
const sizing = `
uniform float u_dpr, u_spacing, u_focal, u_bodyPx;
float sizeAt(float w) { return clamp(u_focal / w * u_spacing * 0.34, 5.0, 15.0); }
bool marked() { return a_flag.y == 1u || a_flag.z == 1u; }
bool isDot(float w) { return !marked() && sizeAt(w) < 8.5 && u_focal / w < u_bodyPx; }
const vec4 NOWHERE = vec4(2.0, 2.0, 2.0, 1.0);
`;

/** Far drones: a small dot, diamond or square. Few pixels and a short program: of these there are thousands. */
export const dotVertex = `#version 300 es
precision highp float;
${shown}
${colours}
${sizing}
flat out vec3 v_colour;
flat out vec2 v_form;   // radius px, kind
void main() {
  vec4 c = u_view * vec4(shownAt(), 1.0);
  if (a_flag.w == 0u || c.w <= 0.0 || !isDot(c.w)) { gl_Position = NOWHERE; gl_PointSize = 1.0; return; }
  float size = min(sizeAt(c.w), 6.0);
  v_form = vec2(size * 0.5 * u_dpr, float(a_flag.x));
  v_colour = mix(u_kind[a_flag.x], u_staleColour, staleness());
  gl_Position = c;
  gl_PointSize = ceil(size * u_dpr) + 2.0;
}`;

export const dotFragment = `#version 300 es
precision mediump float;
flat in vec3 v_colour;
flat in vec2 v_form;
uniform vec3 u_halo;
uniform float u_dpr;
out vec4 colour;
void main() {
  vec2 p = abs(gl_PointCoord - 0.5) * (ceil(v_form.x * 2.0) + 2.0);
  float d = (v_form.y > 2.5 ? max(p.x, p.y) : v_form.y > 1.5 ? (p.x + p.y) * 0.74 : length(p)) - v_form.x;
  float body = clamp(0.5 - d, 0.0, 1.0);
  // A thin dark rim keeps neighbours apart.
  float a = clamp(1.5 - d, 0.0, 1.0);
  colour = vec4(mix(u_halo, v_colour, body) * a, a);
}`;

export const droneVertex = `#version 300 es
precision highp float;
${shown}
${colours}
${sizing}
flat out vec3 v_colour;
flat out vec4 v_form;   // radius px, point size px, arrow 0..1, kind
flat out vec2 v_dir;    // unit, y down
flat out vec2 v_mark;   // selected, hovered
flat out float v_body;  // 1: a body is drawn here, only the marks are wanted
void main() {
  vec3 p = shownAt();
  vec4 c = u_view * vec4(p, 1.0);
  if (a_flag.w == 0u || c.w <= 0.0 || isDot(c.w)) { gl_Position = NOWHERE; gl_PointSize = 1.0; return; }
  float ppm = u_focal / c.w;
  float size = sizeAt(c.w);
  if (marked()) size = max(size, 9.0);
  float arrow = step(8.5, size);
  v_body = ppm >= u_bodyPx ? 1.0 : 0.0;
  if (v_body > 0.5) size = max(size, ppm * 0.8);
  float h = headingAt();
  vec4 ahead = u_view * vec4(p + vec3(sin(h), cos(h), 0.0) * (c.w * 0.01), 1.0);
  vec2 d = (ahead.xy / ahead.w - c.xy / c.w) * u_size;
  float len = length(d);
  v_dir = len > 1e-6 ? vec2(d.x, -d.y) / len : vec2(0.0, -1.0);
  float kind = float(a_flag.x);
  float ring = (marked() || (kind > 1.5 && arrow > 0.5)) ? 14.0 : 4.0;
  v_form = vec4(size * 0.5, size + ring, arrow, kind);
  v_mark = vec2(a_flag.yz);
  v_colour = mix(u_kind[a_flag.x], u_staleColour, staleness());
  gl_Position = c;
  gl_PointSize = v_form.y * u_dpr;
}`;

export const droneFragment = `#version 300 es
precision highp float;
flat in vec3 v_colour;
flat in vec4 v_form;
flat in vec2 v_dir;
flat in vec2 v_mark;
flat in float v_body;
uniform vec3 u_halo, u_accent, u_text;
uniform float u_dpr;
out vec4 colour;
float triangle(vec2 p, vec2 a, vec2 b, vec2 c) {
  vec2 e0 = b - a, e1 = c - b, e2 = a - c;
  vec2 v0 = p - a, v1 = p - b, v2 = p - c;
  vec2 q0 = v0 - e0 * clamp(dot(v0, e0) / dot(e0, e0), 0.0, 1.0);
  vec2 q1 = v1 - e1 * clamp(dot(v1, e1) / dot(e1, e1), 0.0, 1.0);
  vec2 q2 = v2 - e2 * clamp(dot(v2, e2) / dot(e2, e2), 0.0, 1.0);
  float s = sign(e0.x * e2.y - e0.y * e2.x);
  vec2 d = min(min(vec2(dot(q0, q0), s * (v0.x * e0.y - v0.y * e0.x)),
                   vec2(dot(q1, q1), s * (v1.x * e1.y - v1.y * e1.x))),
                   vec2(dot(q2, q2), s * (v2.x * e2.y - v2.y * e2.x)));
  return -sqrt(d.x) * sign(d.y);
}
float box(vec2 p, float r) { vec2 q = abs(p) - r; return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0); }
void main() {
  vec2 p = (gl_PointCoord - 0.5) * v_form.y;
  float r = v_form.x, kind = v_form.w;
  float d;
  if (v_form.z > 0.5) {
    vec2 f = v_dir;
    vec2 q = vec2(p.x * -f.y + p.y * f.x, -(p.x * f.x + p.y * f.y));
    float k = r * 1.12;
    vec2 nose = vec2(0.0, -k), tail = vec2(0.0, k * 0.48);
    d = min(triangle(q, nose, vec2(k * 0.72, k * 0.86), tail), triangle(q, nose, tail, vec2(-k * 0.72, k * 0.86)));
  } else if (kind > 2.5) d = box(p, r * 0.95);
  else if (kind > 1.5) d = (abs(p.x) + abs(p.y) - r * 1.35) * 0.7071;
  else d = length(p) - r;
  float soft = 0.6 / u_dpr + 0.15;
  float body = 1.0 - smoothstep(-soft, soft, d);
  float halo = (1.0 - smoothstep(1.0 - soft, 1.6 + soft, d)) * 0.85;
  vec3 c = mix(u_halo, v_colour, body);
  float a = v_body > 0.5 ? 0.0 : max(body, halo);
  float ringR = r + 4.5;
  float l = length(p);
  if (v_mark.x > 0.5) {
    float fill = (1.0 - smoothstep(ringR - soft, ringR + soft, l)) * 0.16 * (1.0 - a) * (1.0 - v_body);
    float ring = 1.0 - smoothstep(0.75 - soft, 0.75 + soft, abs(l - ringR));
    c = mix(mix(u_accent, c, a / max(a + fill, 1e-3)), u_accent, ring);
    a = max(a + fill, ring);
  } else if (v_mark.y > 0.5) {
    float ring = 1.0 - smoothstep(0.5 - soft, 0.5 + soft, abs(l - ringR));
    c = mix(c, u_text, ring); a = max(a, ring * 0.9);
  } else if (kind > 1.5 && v_form.z > 0.5) {
    float e = kind > 2.5 ? abs(box(p, r + 2.0)) : abs((abs(p.x) + abs(p.y) - (r + 4.5) * 1.2) * 0.7071);
    float ring = 1.0 - smoothstep(0.6 - soft, 0.6 + soft, e);
    c = mix(c, v_colour, ring); a = max(a, ring);
  }
  if (a < 0.01) discard;
  colour = vec4(c * a, a);
}`;

/** Lines as quads of soft edge: smooth without multisampling, which software drawing cannot afford. */
export const lineVertex = `#version 300 es
precision highp float;
layout(location=0) in vec4 a_from;   // xyz, alpha
layout(location=1) in vec4 a_to;     // xyz, alpha
layout(location=2) in vec4 a_paint;  // rgb, width px
uniform mat4 u_view;
uniform vec2 u_size;
uniform float u_near;   // nothing nearer is drawn anyway, and a wide range of depths costs precision
out vec4 v_colour;
out vec2 v_across;  // times w, and w: their ratio runs straight across the screen
out vec2 v_ground;
flat out float v_half;
void main() {
  // The four corners of a quad follow each other: side, and which end.
  vec2 corner = vec2(float(gl_VertexID & 1) * 2.0 - 1.0, float((gl_VertexID >> 1) & 1));
  vec4 a = u_view * vec4(a_from.xyz, 1.0);
  vec4 b = u_view * vec4(a_to.xyz, 1.0);
  float near = u_near, ua = 0.0, ub = 1.0;
  if (a.w < near && b.w < near) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  if (a.w < near) ua = (near - a.w) / (b.w - a.w);
  if (b.w < near) ub = (near - a.w) / (b.w - a.w);
  vec4 ca = mix(a, b, ua), cb = mix(a, b, ub);
  vec2 pa = ca.xy / ca.w * u_size * 0.5, pb = cb.xy / cb.w * u_size * 0.5;
  vec2 dir = pb - pa;
  float len = length(dir);
  dir = len > 1e-4 ? dir / len : vec2(1.0, 0.0);
  float k = corner.y > 0.5 ? ub : ua;
  vec4 c = corner.y > 0.5 ? cb : ca;
  v_half = a_paint.w * 0.5;
  float reach = v_half + 0.75;
  v_across = vec2(corner.x * reach * c.w, c.w);
  vec2 n = vec2(-dir.y, dir.x) * corner.x * reach;
  c.xy += n / (u_size * 0.5) * c.w;
  gl_Position = c;
  v_colour = vec4(a_paint.rgb, mix(a_from.w, a_to.w, k));
  v_ground = mix(a_from.xy, a_to.xy, k);
}`;

export const lineFragment = `#version 300 es
precision highp float;
in vec4 v_colour;
in vec2 v_across;
in vec2 v_ground;
flat in float v_half;
uniform vec4 u_fade;  // centre xy, radius where it begins, radius where it ends (0: no fading)
out vec4 colour;
void main() {
  float a = v_colour.a * (1.0 - smoothstep(v_half - 0.5, v_half + 0.5, abs(v_across.x / v_across.y)));
  if (u_fade.w > 0.0) a *= 1.0 - smoothstep(u_fade.z, u_fade.w, distance(v_ground, u_fade.xy));
  colour = vec4(v_colour.rgb * a, a);
}`;
