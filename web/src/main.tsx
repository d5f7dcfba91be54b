import "./theme/layers.css";
import "./theme/mantine";
import "./theme/global.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { MutationCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { onExpired } from "./api/client";
import { Problem } from "./api/problem";
import { boot } from "./boot";
import { startI18n } from "./i18n";
import { connectCache } from "./live/cache";
import { onBye } from "./live/live";
import { router } from "./router";
import { sessionExpired } from "./shell/session";
import { resolver, theme } from "./theme/theme";
import { showProblem } from "./ui/toast";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && error instanceof Problem && error.transient,
    },
  },
  // Whoever shows an error itself says so with `meta.shown`.
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, mutation) => {
      if (!mutation.meta?.shown) showProblem(error);
    },
  }),
});

/** Mantine keeps its choice of colours where the script of the first paint reads it. */
const colorScheme = {
  get: () =>
    (document.documentElement.getAttribute("data-mantine-color-scheme") === "dark" ? "dark" : "light") as
      | "dark"
      | "light",
  set: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {},
};

async function start() {
  // Dialogs stop the page behind them from scrolling by a style element of their own.
  setNonce(boot.styleNonce);
  await startI18n();
  connectCache(queries);
  onExpired(sessionExpired);
  onBye(sessionExpired);
  const root = document.getElementById("root");
  if (!root) throw new Error("the page has no place for the app");
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={resolver}
        colorSchemeManager={colorScheme}
        getStyleNonce={() => boot.styleNonce}
      >
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

void start();
