// BodyMesh draws the drones nearest to the camera as small quadrotors that bank
// as they fly. Only where they are large enough to be seen as bodies.
import type { Camera } from "./camera";
import { Program } from "./gl";
import type { Paint, Rgb } from "./paint";

const FLOATS = 10; // xyz, heading roll pitch (radians), rgb, 1 when the rotors turn
const MAX = 96;

const HUB = "0.25";
/** Radians a second: slow enough to be seen turning at any frame rate. */
const SPIN = 11;

const vertex = `#version 300 es
precision highp float;
layout(location=0) in vec4 a_point;   // xyz in the body frame (x right, y ahead, z up), part
layout(location=1) in vec3 a_normal;
layout(location=2) in vec3 a_at;
layout(location=3) in vec3 a_tilt;    // heading, roll, pitch
layout(location=4) in vec4 a_paint;   // rgb, rotors turn
uniform mat4 u_view;
uniform float u_spin;
uniform vec3 u_dark;
out vec4 v_colour;
mat3 attitude(vec3 t) {
  float ch = cos(t.x), sh = sin(t.x), cr = cos(t.y), sr = sin(t.y), cp = cos(t.z), sp = sin(t.z);
  mat3 roll = mat3(cr, 0.0, -sr, 0.0, 1.0, 0.0, sr, 0.0, cr);
  mat3 pitch = mat3(1.0, 0.0, 0.0, 0.0, cp, sp, 0.0, -sp, cp);
  mat3 yaw = mat3(ch, -sh, 0.0, sh, ch, 0.0, 0.0, 0.0, 1.0);
  return yaw * pitch * roll;
}
void main() {
  mat3 r = attitude(a_tilt);
  vec3 p = a_point.xyz;
  bool rotor = a_point.w > 1.5;
  if (rotor) {
    // Each blade turns about the motor of its quarter; neighbours turn against each other.
    vec2 hub = sign(p.xy) * ${HUB};
    float turn = u_spin * a_paint.w * (p.x * p.y > 0.0 ? 1.0 : -1.0);
    float c = cos(turn), s = sin(turn);
    p.xy = hub + mat2(c, s, -s, c) * (p.xy - hub);
  }
  gl_Position = u_view * vec4(a_at + r * p, 1.0);
  float light = 0.62 + 0.38 * max(0.0, dot(r * a_normal, normalize(vec3(-0.4, 0.3, 0.85))));
  vec3 base = a_point.w < 0.5 ? u_dark : a_paint.rgb;
  float alpha = !rotor ? 1.0 : a_paint.w > 0.5 ? (a_point.w > 2.5 ? 0.55 : 0.28) : (a_point.w > 2.5 ? 0.9 : 0.0);
  v_colour = vec4(base * light * alpha, alpha);
}`;
const fragment = `#version 300 es
precision highp float;
in vec4 v_colour;
out vec4 colour;
void main() { colour = v_colour; }`;

export class BodyMesh {
  /** Bodies take over from arrows where a metre is at least this many pixels. */
  static readonly FROM_PX_PER_M = 24;
  count = 0;
  #gl: WebGL2RenderingContext;
  #program: Program;
  #vao: WebGLVertexArrayObject;
  #instances: WebGLBuffer;
  #data = new Float32Array(MAX * FLOATS);
  #vertices: number;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#program = new Program(gl, vertex, fragment);
    const mesh = quadrotor();
    this.#vertices = mesh.length / 7;
    this.#vao = gl.createVertexArray();
    gl.bindVertexArray(this.#vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(mesh), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 4, gl.FLOAT, false, 28, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 3, gl.FLOAT, false, 28, 16);
    this.#instances = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#instances);
    for (const [i, size, offset] of [
      [2, 3, 0],
      [3, 3, 12],
      [4, 4, 24],
    ] as const) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, size, gl.FLOAT, false, FLOATS * 4, offset);
      gl.vertexAttribDivisor(i, 1);
    }
    gl.bindVertexArray(null);
  }

  begin(): void {
    this.count = 0;
  }

  add(
    x: number,
    y: number,
    z: number,
    heading: number,
    roll: number,
    pitch: number,
    paint: Rgb,
    turning: boolean,
  ): void {
    if (this.count >= MAX) return;
    const rad = Math.PI / 180;
    this.#data.set(
      [x, y, z, heading * rad, roll * rad, pitch * rad, paint[0], paint[1], paint[2], turning ? 1 : 0],
      this.count++ * FLOATS,
    );
  }

  draw(camera: Camera, paint: Paint, now: number): void {
    if (this.count === 0) return;
    const gl = this.#gl;
    this.#program.use();
    gl.uniformMatrix4fv(this.#program.at("u_view"), false, camera.matrix);
    gl.uniform1f(this.#program.at("u_spin"), (now * SPIN) % (Math.PI * 2));
    const t = paint.text;
    const g = paint.ground;
    gl.uniform3f(
      this.#program.at("u_dark"),
      g[0] * 0.5 + t[0] * 0.5,
      g[1] * 0.5 + t[1] * 0.5,
      g[2] * 0.5 + t[2] * 0.5,
    );
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#instances);
    gl.bufferData(gl.ARRAY_BUFFER, this.#data.subarray(0, this.count * FLOATS), gl.DYNAMIC_DRAW);
    gl.enable(gl.DEPTH_TEST);
    gl.bindVertexArray(this.#vao);
    gl.drawArraysInstanced(gl.TRIANGLES, 0, this.#vertices, this.count);
    gl.bindVertexArray(null);
    gl.disable(gl.DEPTH_TEST);
  }
}

/** Triangles of a quadrotor of half a metre: parts 0 frame, 1 hull in the status colour, 2 rotor discs, 3 blades. */
function quadrotor(): number[] {
  const out: number[] = [];
  type P = readonly [number, number, number];
  const tri = (a: P, b: P, c: P, part: number) => {
    const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const;
    const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]] as const;
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]] as const;
    const l = Math.hypot(...n) || 1;
    for (const p of [a, b, c]) out.push(p[0], p[1], p[2], part, n[0] / l, n[1] / l, n[2] / l);
  };
  // Arms: flat bars from the hull to each motor.
  const arm = 0.25;
  for (const [sx, sy] of [
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ] as const) {
    const tip: P = [sx * arm, sy * arm, 0.02];
    const w = 0.02;
    const nx = -sy * w;
    const ny = sx * w;
    tri([nx, ny, 0.02], [-nx, -ny, 0.02], [tip[0] - nx, tip[1] - ny, 0.02], 0);
    tri([nx, ny, 0.02], [tip[0] - nx, tip[1] - ny, 0.02], [tip[0] + nx, tip[1] + ny, 0.02], 0);
  }
  // Hull: a faceted wedge whose nose shows where ahead is.
  const nose: P = [0, 0.2, 0.01];
  const back: P = [0, -0.13, 0.03];
  const left: P = [-0.085, -0.03, 0.02];
  const right: P = [0.085, -0.03, 0.02];
  const top: P = [0, -0.02, 0.075];
  const keel: P = [0, 0, -0.04];
  for (const peak of [top, keel]) {
    tri(nose, peak, left, 1);
    tri(left, peak, back, 1);
    tri(back, peak, right, 1);
    tri(right, peak, nose, 1);
  }
  // Rotors last: they are see-through.
  for (const [sx, sy] of [
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ] as const) {
    const n = 14;
    const at = (i: number): P => {
      const a = (i / n) * Math.PI * 2;
      return [sx * arm + Math.cos(a) * 0.13, sy * arm + Math.sin(a) * 0.13, 0.05];
    };
    for (let i = 0; i < n; i++) tri([sx * arm, sy * arm, 0.05], at(i), at(i + 1), 2);
    // Two blades over the disc: what is seen to turn.
    for (const d of [1, -1]) {
      const tip: P = [sx * arm + d * 0.125, sy * arm + d * 0.02, 0.052];
      const back: P = [sx * arm + d * 0.125, sy * arm - d * 0.012, 0.052];
      tri([sx * arm, sy * arm, 0.052], back, tip, 3);
    }
  }
  return out;
}
