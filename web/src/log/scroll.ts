/** Where a log of any length is, although browsers limit how tall an element can be. */

export const LINE_PX = 18;
/** Below what every browser can do (Firefox ends at 17.9 million px). */
const TALLEST_PX = 6_000_000;

/** The height of the scrolled element: room for all lines, and for one view below the last so that wrapped lines are reached. */
export function scrollHeight(lines: number, view: number): number {
  return Math.min(TALLEST_PX, Math.max(view, lines * LINE_PX + 4));
}

function factor(lines: number, view: number): number {
  const room = scrollHeight(lines, view) - view;
  return room <= 0 ? 0 : Math.max(0, lines * LINE_PX + 4 - view) / room;
}

/** The first line in view, with its fraction that is scrolled out. */
export function lineAt(scrollTop: number, lines: number, view: number): number {
  return (scrollTop * factor(lines, view)) / LINE_PX;
}

/** Where to scroll so that `line` is the first in view. */
export function scrollTopOf(line: number, lines: number, view: number): number {
  const by = factor(lines, view);
  return by === 0 ? 0 : Math.min(scrollHeight(lines, view) - view, (line * LINE_PX) / by);
}

/** Whether heights are scaled, so that the wheel must be translated. */
export function isScaled(lines: number, view: number): boolean {
  return factor(lines, view) > 1;
}
