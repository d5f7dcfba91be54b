// Runs before the first paint: takes the plain page's place, and sets the chosen colours and language so that nothing flashes.
(() => {
  const html = document.documentElement;
  let scheme = "auto";
  let language = "";
  try {
    scheme = localStorage.getItem("azkaban.scheme") || "auto";
    language = localStorage.getItem("azkaban.language") || "";
  } catch {
    // Storage may be forbidden; then the system's choice holds.
  }
  if (scheme === "auto") scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  html.setAttribute("data-mantine-color-scheme", scheme);
  if (language) html.lang = language;
  html.classList.add("app");
  // If the app cannot be loaded, the plain page is better than an empty one.
  addEventListener("error", (event) => event.target instanceof HTMLScriptElement && html.classList.remove("app"), true);
})();
