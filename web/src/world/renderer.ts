// Renderer owns the WebGL2 context and everything in it. It is told what to
// draw and decides nothing.
import { type Fleet, STRIDE } from "../live/fleet";
import { BodyMesh } from "./bodies";
import type { Camera } from "./camera";
import { LineBatch, lineProgram, Program } from "./gl";
import { GROUND_REACH } from "./ground";
import type { Paint } from "./paint";
import { dotFragment, dotVertex, droneFragment, droneVertex } from "./shaders";

export interface Shown {
  readonly t: number;
  readonly now: number;
  /** Seconds without a sample after which a drone turns grey. */
  readonly staleAfter: number;
  /** The whole picture is too old. */
  readonly greyed: boolean;
  /** Typical distance of neighbours in metres: decides between dots and arrows. */
  readonly spacing: number;
  /** No drone is near, chosen or pointed at: all are dots, and the program for the rest is not run. */
  readonly onlyDots: boolean;
}

/** Software drawing pays for every pixel, so it gets no multisampling and no fine pixels. */
export function isSoftware(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}

export class Renderer {
  readonly grid: LineBatch;
  readonly trails: LineBatch;
  readonly marks: LineBatch;
  readonly dpr: number;
  readonly bodies: BodyMesh;
  #gl: WebGL2RenderingContext;
  #drones: Program;
  #dots: Program;
  #lines: Program;
  #data: WebGLBuffer;
  #flagBuffer: WebGLBuffer;
  #droneVao: WebGLVertexArrayObject;
  #flags = new Uint8Array(0);

  constructor(readonly canvas: HTMLCanvasElement) {
    const software = isSoftware();
    this.dpr = software ? 1 : Math.min(2, window.devicePixelRatio || 1);
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: !software,
      depth: true,
      powerPreference: "high-performance",
    });
    if (!gl) throw new Error("This browser offers no WebGL 2");
    this.#gl = gl;
    this.#drones = new Program(gl, droneVertex, droneFragment);
    this.#dots = new Program(gl, dotVertex, dotFragment);
    this.#lines = lineProgram(gl);
    this.grid = new LineBatch(gl);
    this.trails = new LineBatch(gl);
    this.marks = new LineBatch(gl);
    this.bodies = new BodyMesh(gl);
    this.#data = gl.createBuffer();
    this.#flagBuffer = gl.createBuffer();
    this.#droneVao = this.#vao();
    gl.bindVertexArray(null);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  resize(width: number, height: number): void {
    this.canvas.width = Math.max(1, Math.round(width * this.dpr));
    this.canvas.height = Math.max(1, Math.round(height * this.dpr));
  }

  /** Takes the samples over; once a frame from the network. */
  upload(fleet: Fleet): void {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#data);
    gl.bufferData(gl.ARRAY_BUFFER, fleet.gpu.subarray(0, fleet.high * STRIDE), gl.DYNAMIC_DRAW);
  }

  /** Takes kind, selection and presence over; only when they changed. */
  uploadFlags(fleet: Fleet, selected: (slot: number) => boolean, hovered: number): void {
    const gl = this.#gl;
    if (this.#flags.length < fleet.high * 4) this.#flags = new Uint8Array(fleet.alive.length * 4);
    const f = this.#flags;
    for (let s = 0; s < fleet.high; s++) {
      f[s * 4] = fleet.kind[s] ?? 0;
      f[s * 4 + 1] = selected(s) ? 1 : 0;
      f[s * 4 + 2] = s === hovered ? 1 : 0;
      f[s * 4 + 3] = fleet.alive[s] ?? 0;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#flagBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, f.subarray(0, Math.max(4, fleet.high * 4)), gl.DYNAMIC_DRAW);
  }

  draw(fleet: Fleet, camera: Camera, shown: Shown, paint: Paint): void {
    const gl = this.#gl;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(paint.ground[0], paint.ground[1], paint.ground[2], 1);
    gl.clear(this.bodies.count > 0 ? gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT : gl.COLOR_BUFFER_BIT);

    this.#lines.use();
    gl.uniformMatrix4fv(this.#lines.at("u_view"), false, camera.matrix);
    gl.uniform2f(this.#lines.at("u_size"), camera.width, camera.height);
    gl.uniform1f(this.#lines.at("u_near"), camera.near);
    const at = camera.target;
    const far = camera.topDown ? 0 : at.distance * GROUND_REACH;
    gl.uniform4f(this.#lines.at("u_fade"), at.x, at.y, far * 0.25, far);
    this.grid.draw();
    gl.uniform4f(this.#lines.at("u_fade"), 0, 0, 0, 0);
    this.trails.draw();
    this.marks.draw();
    if (fleet.high === 0) return;

    this.bodies.draw(camera, paint, shown.now);

    const dotted = (p: Program) => {
      p.use();
      this.#shownUniforms(p, fleet, camera, shown, paint);
      gl.uniform1f(p.at("u_dpr"), this.dpr);
      gl.uniform1f(p.at("u_spacing"), shown.spacing);
      gl.uniform1f(p.at("u_focal"), camera.pixelsPerMetre(1));
      gl.uniform1f(p.at("u_bodyPx"), this.bodies.count > 0 ? BodyMesh.FROM_PX_PER_M : 1e9);
      gl.uniform3fv(p.at("u_halo"), paint.ground);
    };
    gl.bindVertexArray(this.#droneVao);
    dotted(this.#dots);
    gl.drawArrays(gl.POINTS, 0, fleet.high);
    if (!shown.onlyDots) {
      dotted(this.#drones);
      gl.uniform3fv(this.#drones.at("u_accent"), paint.accent);
      gl.uniform3fv(this.#drones.at("u_text"), paint.text);
      gl.drawArrays(gl.POINTS, 0, fleet.high);
    }
    gl.bindVertexArray(null);
  }

  dispose(): void {
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  #shownUniforms(p: Program, fleet: Fleet, camera: Camera, shown: Shown, paint: Paint): void {
    const gl = this.#gl;
    gl.uniformMatrix4fv(p.at("u_view"), false, camera.matrix);
    gl.uniform2f(p.at("u_size"), camera.width, camera.height);
    gl.uniform1f(p.at("u_t"), shown.t - fleet.baseSim);
    gl.uniform1f(p.at("u_reach"), fleet.reach);
    gl.uniform1f(p.at("u_now"), shown.now - fleet.baseWall);
    gl.uniform1f(p.at("u_stale"), shown.staleAfter);
    gl.uniform1f(p.at("u_grey"), shown.greyed ? 1 : 0);
    gl.uniform3fv(p.at("u_kind"), paint.kinds);
    gl.uniform3fv(p.at("u_staleColour"), paint.stale);
  }

  #vao(): WebGLVertexArrayObject {
    const gl = this.#gl;
    const vao = gl.createVertexArray();
    gl.bindVertexArray(vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#data);
    for (let i = 0; i < 4; i++) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, 4, gl.FLOAT, false, STRIDE * 4, i * 16);
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#flagBuffer);
    gl.enableVertexAttribArray(4);
    gl.vertexAttribIPointer(4, 4, gl.UNSIGNED_BYTE, 0, 0);
    return vao;
  }
}
