import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// The contestants are built like the product: minified, no development checks.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  logLevel: "warn",
  build: {
    target: "es2022",
    outDir: fileURLToPath(new URL("../node_modules/.bench", import.meta.url)),
    emptyOutDir: true,
    chunkSizeWarningLimit: 2000,
  },
});
