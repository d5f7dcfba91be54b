import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { parseSearch, type Search, stringifySearch } from "./search";
import { NotFound } from "./shell/NotFound";
import { Shell } from "./shell/Shell";
import { Crash } from "./ui/ErrorPanel";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (search: Record<string, unknown>) => search as Search,
});

const page = (path: string, load: () => Promise<{ default: React.ComponentType }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });

/** Azkaban's addresses, and ours. `/manager` and `/executor` choose their page by the keys of the query. */
const routes = root.addChildren([
  page("/home", () => import("./pages/home/Home")),
  page("/index", () => import("./pages/projects/Projects")),
  page("/manager", () => import("./pages/Manager")),
  page("/executor", () => import("./pages/Executor")),
  page("/history", () => import("./pages/history/History")),
  page("/schedule", () => import("./pages/schedules/Schedules")),
  page("/sla", () => import("./pages/sla/Sla")),
  page("/triggers", () => import("./pages/triggers/Triggers")),
  page("/flowtrigger", () => import("./pages/triggers/Triggers")),
  page("/flowtriggerinstance", () => import("./pages/triggers/Triggers")),
  page("/executors", () => import("./pages/executors/Executors")),
  page("/compare", () => import("./pages/compare/Compare")),
  page("/me", () => import("./pages/me/Me")),
  page("/admin", () => import("./pages/admin/Users")),
  page("/admin/users", () => import("./pages/admin/Users")),
  page("/admin/tokens", () => import("./pages/admin/Tokens")),
  page("/admin/audit", () => import("./pages/admin/Audit")),
  page("/admin/settings", () => import("./pages/admin/Settings")),
  page("/notes", () => import("./pages/admin/Notes")),
  page("/stats", () => import("./pages/admin/Figures")),
  page("/jmx", () => import("./pages/admin/Figures")),
]);

export const router = createRouter({
  routeTree: routes,
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  defaultErrorComponent: ({ error }) => <Crash error={error} />,
  defaultPendingMs: 150,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
