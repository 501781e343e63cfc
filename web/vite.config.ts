import { defineConfig } from "vite";

// In development the page is served here and everything live comes from the
// backend (or from mock/server.mjs, which listens on the same port).
const backend = process.env.VOLARY_URL ?? "http://127.0.0.1:5000";

export default defineConfig({
  build: {
    target: "es2022",
    // dist/.gitkeep is copied back from public/, so that the Go embed of an
    // unbuilt tree still compiles after a build and a clean.
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    port: 5173,
    proxy: {
      "/api/": backend,
      "/metrics": backend,
      "/openapi.json": backend,
      "/docs": backend,
      "/socket.io": { target: backend, ws: true },
    },
  },
});
