/** Pages of projects, flows and executions that the user looked at last, in this browser. */
export interface Recent {
  href: string;
  text: string;
}

const KEY = "azkaban.recent";
const MOST = 8;

/** The list with a page at its head, once. */
export function withRecent(list: Recent[], page: Recent): Recent[] {
  return [page, ...list.filter((each) => each.href !== page.href)].slice(0, MOST);
}

export function recents(): Recent[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(list)) return [];
    const whole = (each: unknown): each is Recent =>
      typeof each === "object" && each !== null && "href" in each && "text" in each;
    // Only addresses of our own pages are followed.
    return list.filter(whole).filter(({ href }) => /^\/(manager|executor)\?/.test(String(href)));
  } catch {
    return [];
  }
}

/** Notes that a page was looked at. */
export function remember(page: Recent) {
  if (!/^\/(manager|executor)\?/.test(page.href)) return;
  try {
    localStorage.setItem(KEY, JSON.stringify(withRecent(recents(), page)));
  } catch {
    // Then the list is shorter.
  }
}
