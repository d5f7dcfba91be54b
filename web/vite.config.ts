import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The server that `npm run dev` shows; it must have been built with the UI once, so that its pages start the app. */
const server = process.env.AZKABAN_URL ?? "http://127.0.0.1:8081";

/** Lets the server write every page, and takes the app in it from the sources. */
function pagesOfTheServer(): Plugin {
  return {
    name: "pages-of-the-server",
    apply: "serve",
    configureServer(vite) {
      vite.middlewares.use(async (request, response, next) => {
        const url = request.url ?? "/";
        if (request.method !== "GET" || !request.headers.accept?.includes("text/html")) return next();
        const headers = { cookie: request.headers.cookie ?? "" };
        const answer = await fetch(server + url, { headers, redirect: "manual" });
        const location = answer.headers.get("location");
        if (location) return void response.writeHead(302, { location: new URL(location, server).pathname }).end();
        const built = /<(?:script|link)[^>]*"\/assets\/[^>]*>(?:<\/script>)?\n/g;
        const sources = '<script src="/theme.js"></script><script type="module" src="/src/main.tsx"></script></head>';
        const html = (await answer.text()).replace(built, "").replace("</head>", sources);
        response.setHeader("content-type", "text/html; charset=utf-8");
        for (const cookie of answer.headers.getSetCookie()) response.appendHeader("set-cookie", cookie);
        response.end(await vite.transformIndexHtml(url, html));
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), pagesOfTheServer()],
  build: {
    target: "es2022",
    // The Content-Security-Policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  server: { proxy: { "^/(api/.*)?$": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
