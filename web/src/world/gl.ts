// Small helpers over WebGL2: a program with its uniforms, and a batch of lines.
import { lineFragment, lineVertex } from "./shaders";

export class Program {
  readonly handle: WebGLProgram;
  #uniforms = new Map<string, WebGLUniformLocation | null>();

  constructor(
    readonly gl: WebGL2RenderingContext,
    vertex: string,
    fragment: string,
  ) {
    const p = gl.createProgram();
    for (const [type, source] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const s = gl.createShader(type);
      if (!s) throw new Error("WebGL gave no shader");
      gl.shaderSource(s, source);
      gl.compileShader(s);
      gl.attachShader(p, s);
      gl.deleteShader(s);
      if (!gl.getShaderParameter(s, gl.COMPILE_STATUS) && !gl.isContextLost()) {
        throw new Error(`shader: ${gl.getShaderInfoLog(s)}`);
      }
    }
    gl.linkProgram(p);
    if (!gl.getProgramParameter(p, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`program: ${gl.getProgramInfoLog(p)}`);
    }
    this.handle = p;
  }

  use(): void {
    this.gl.useProgram(this.handle);
  }

  at(name: string): WebGLUniformLocation | null {
    let u = this.#uniforms.get(name);
    if (u === undefined) {
      u = this.gl.getUniformLocation(this.handle, name);
      this.#uniforms.set(name, u);
    }
    return u;
  }
}

const FLOATS = 12; // of a corner
const CORNERS = 4;
const INDICES = [0, 1, 2, 2, 1, 3];

/**
 * Lines gathered on the CPU and drawn in one call. Refill only when they change. Each
 * line is written four times, once a corner: instancing would be leaner, but software
 * renderers draw every instance by itself, and that costs more than the copies.
 */
export class LineBatch {
  #data = new Float32Array(FLOATS * CORNERS * 256);
  #indices: WebGLBuffer;
  #indexed = 0;
  #count = 0;
  #dirty = false;
  #buffer: WebGLBuffer;
  #vao: WebGLVertexArrayObject;

  constructor(readonly gl: WebGL2RenderingContext) {
    this.#indices = gl.createBuffer();
    this.#buffer = gl.createBuffer();
    this.#vao = gl.createVertexArray();
    gl.bindVertexArray(this.#vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    for (let i = 0; i < 3; i++) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, 4, gl.FLOAT, false, FLOATS * 4, i * 16);
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#indices);
    gl.bindVertexArray(null);
  }

  clear(): void {
    this.#count = 0;
    this.#dirty = true;
  }

  get count(): number {
    return this.#count;
  }

  add(
    ax: number,
    ay: number,
    az: number,
    aAlpha: number,
    bx: number,
    by: number,
    bz: number,
    bAlpha: number,
    colour: readonly [number, number, number],
    width: number,
  ): void {
    const line = FLOATS * CORNERS;
    if ((this.#count + 1) * line > this.#data.length) {
      const wider = new Float32Array(this.#data.length * 2);
      wider.set(this.#data);
      this.#data = wider;
    }
    const d = this.#data;
    const o = this.#count++ * line;
    d[o] = ax;
    d[o + 1] = ay;
    d[o + 2] = az;
    d[o + 3] = aAlpha;
    d[o + 4] = bx;
    d[o + 5] = by;
    d[o + 6] = bz;
    d[o + 7] = bAlpha;
    d[o + 8] = colour[0];
    d[o + 9] = colour[1];
    d[o + 10] = colour[2];
    d[o + 11] = width;
    for (let k = 1; k < CORNERS; k++) d.copyWithin(o + k * FLOATS, o, o + FLOATS);
    this.#dirty = true;
  }

  draw(): void {
    if (this.#count === 0) return;
    const gl = this.gl;
    gl.bindVertexArray(this.#vao);
    if (this.#dirty) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
      gl.bufferData(gl.ARRAY_BUFFER, this.#data.subarray(0, this.#count * FLOATS * CORNERS), gl.DYNAMIC_DRAW);
      this.#dirty = false;
    }
    if (this.#indexed < this.#count) this.#index(Math.max(512, this.#count * 2));
    gl.drawElements(gl.TRIANGLES, this.#count * INDICES.length, gl.UNSIGNED_INT, 0);
    gl.bindVertexArray(null);
  }

  #index(lines: number): void {
    const indices = new Uint32Array(lines * INDICES.length);
    for (let i = 0; i < indices.length; i++) {
      indices[i] = Math.floor(i / INDICES.length) * CORNERS + (INDICES[i % INDICES.length] ?? 0);
    }
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, indices, this.gl.STATIC_DRAW);
    this.#indexed = lines;
  }
}

export function lineProgram(gl: WebGL2RenderingContext): Program {
  return new Program(gl, lineVertex, lineFragment);
}
