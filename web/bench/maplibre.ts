// MapLibre with a GeoJSON source of points in a circle layer: what a map gives
// without code of one's own.
import * as maplibregl from "maplibre-gl";
import type { BenchFleet } from "./fleet";
import type { Contestant } from "./measure";

const DEG = 1 / 111_320;

export async function maplibre(host: HTMLElement, bench: BenchFleet): Promise<Contestant> {
  const map = new maplibregl.Map({
    container: host,
    style: {
      version: 8,
      sources: {},
      layers: [{ id: "bg", type: "background", paint: { "background-color": "#0a0d12" } }],
    },
    center: [0, 0],
    zoom: Math.log2((innerHeight * 0.9 * 78_271.5) / (bench.half * 2)),
    attributionControl: false,
    fadeDuration: 0,
  });
  await new Promise((r) => map.once("load", r));
  const collection = () => ({
    type: "FeatureCollection" as const,
    features: bench.drones.map((d) => ({
      type: "Feature" as const,
      properties: { ok: d.status === "ok" },
      geometry: { type: "Point" as const, coordinates: [d.x * DEG, d.y * DEG] },
    })),
  });
  map.addSource("fleet", { type: "geojson", data: collection() });
  map.addLayer({
    id: "fleet",
    type: "circle",
    source: "fleet",
    paint: {
      "circle-radius": 3,
      "circle-color": ["case", ["get", "ok"], "#3fb68b", "#e5a93c"],
    },
  });
  const source = map.getSource("fleet") as maplibregl.GeoJSONSource;
  let pictures = 0;
  map.on("render", () => {
    pictures++;
  });
  return {
    drawn: () => {
      const n = pictures;
      pictures = 0;
      return n;
    },
    update: (t) => {
      bench.move(t);
      source.setData(collection());
    },
  };
}
