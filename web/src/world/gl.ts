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

/** The four corners of a line quad: side, and which end. */
export function cornerBuffer(gl: WebGL2RenderingContext): WebGLBuffer {
  const b = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, b);
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, 0, 1, 0, -1, 1, 1, 1]), gl.STATIC_DRAW);
  return b;
}

const FLOATS = 12;

/** Lines gathered on the CPU and drawn in one call. Refill only when they change. */
export class LineBatch {
  #data = new Float32Array(FLOATS * 256);
  #count = 0;
  #dirty = false;
  #buffer: WebGLBuffer;
  #vao: WebGLVertexArrayObject;

  constructor(
    readonly gl: WebGL2RenderingContext,
    corners: WebGLBuffer,
  ) {
    this.#buffer = gl.createBuffer();
    this.#vao = gl.createVertexArray();
    gl.bindVertexArray(this.#vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    for (let i = 0; i < 3; i++) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, 4, gl.FLOAT, false, FLOATS * 4, i * 16);
      gl.vertexAttribDivisor(i, 1);
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.enableVertexAttribArray(5);
    gl.vertexAttribPointer(5, 2, gl.FLOAT, false, 0, 0);
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
    if ((this.#count + 1) * FLOATS > this.#data.length) {
      const wider = new Float32Array(this.#data.length * 2);
      wider.set(this.#data);
      this.#data = wider;
    }
    const d = this.#data;
    const o = this.#count++ * FLOATS;
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
    this.#dirty = true;
  }

  draw(): void {
    if (this.#count === 0) return;
    const gl = this.gl;
    if (this.#dirty) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
      gl.bufferData(gl.ARRAY_BUFFER, this.#data.subarray(0, this.#count * FLOATS), gl.DYNAMIC_DRAW);
      this.#dirty = false;
    }
    gl.bindVertexArray(this.#vao);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#count);
    gl.bindVertexArray(null);
  }
}

export function lineProgram(gl: WebGL2RenderingContext): Program {
  return new Program(gl, lineVertex, lineFragment);
}
