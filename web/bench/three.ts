// three.js the way its manual says for many alike: one InstancedMesh of cones.
import * as THREE from "three";
import type { BenchFleet } from "./fleet";
import type { Contestant } from "./measure";

export async function three(host: HTMLElement, bench: BenchFleet): Promise<Contestant> {
  const renderer = new THREE.WebGLRenderer({ antialias: false });
  renderer.setPixelRatio(1);
  renderer.setSize(innerWidth, innerHeight);
  host.append(renderer.domElement);
  const scene = new THREE.Scene();
  scene.background = new THREE.Color("#0a0d12");
  const camera = new THREE.PerspectiveCamera(42, innerWidth / innerHeight, 1, 20_000);
  camera.up.set(0, 0, 1);
  camera.position.set(0, -bench.half * 2.2, bench.half * 1.7);
  camera.lookAt(0, 0, 0);
  const mesh = new THREE.InstancedMesh(
    new THREE.ConeGeometry(1.6, 4, 5),
    new THREE.MeshBasicMaterial(),
    bench.n,
  );
  mesh.frustumCulled = false;
  const ok = new THREE.Color("#3fb68b");
  const warn = new THREE.Color("#e5a93c");
  bench.drones.forEach((d, i) => {
    mesh.setColorAt(i, d.status === "ok" ? ok : warn);
  });
  scene.add(mesh);
  const m = new THREE.Object3D();
  // Between two samples a drone moves on, as it does in the others: on the CPU, three.js has no other place for it.
  let at = 0;
  return {
    update: (t) => {
      bench.move(t);
      at = performance.now();
    },
    frame: () => {
      const dt = Math.min(0.25, (performance.now() - at) / 1000);
      bench.drones.forEach((d, i) => {
        m.position.set(d.x + d.vx * dt, d.y + d.vy * dt, d.z);
        m.rotation.set(0, 0, (-d.heading_deg * Math.PI) / 180);
        m.updateMatrix();
        mesh.setMatrixAt(i, m.matrix);
      });
      mesh.instanceMatrix.needsUpdate = true;
      renderer.render(scene, camera);
    },
  };
}
