import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a server to talk to. */
const server = process.env.AZKABAN_URL ?? "http://127.0.0.1:8081";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The Content-Security-Policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": server, "/manager": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
