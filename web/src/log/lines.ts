import Anser from "anser";

/** A piece of a line in one look. */
export interface Piece {
  text: string;
  /** Names of looks: `red`, `bold`, … */
  looks: string[];
}

const NAMES: Record<string, string> = {
  "ansi-black": "black",
  "ansi-red": "red",
  "ansi-green": "green",
  "ansi-yellow": "yellow",
  "ansi-blue": "blue",
  "ansi-magenta": "magenta",
  "ansi-cyan": "cyan",
  "ansi-white": "white",
};

/** Longer lines are cut where they are shown; the download has all of it. */
export const LONGEST = 20_000;

/** What a terminal would show of a line: after a carriage return only what came last. */
export function folded(line: string): string {
  const end = line.endsWith("\r") ? line.length - 1 : line.length;
  const start = line.lastIndexOf("\r", end - 1) + 1;
  const shown = line.slice(start, end);
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}

/** A line as pieces of text with the looks that its escape sequences give them; the sequences themselves vanish. */
export function pieces(line: string): Piece[] {
  const shown = folded(line);
  if (!shown.includes("\u001b")) return [{ text: shown, looks: [] }];
  return Anser.ansiToJson(shown, { use_classes: true, remove_empty: true }).map((part) => {
    const color = NAMES[(part.fg ?? "").replace("bright-", "").replace("ansi-ansi", "ansi")];
    const looks = [...(color ? [color] : []), ...(part.decorations ?? [])];
    return { text: part.content, looks };
  });
}

/** The text without escape sequences. */
export function plain(line: string): string {
  return pieces(line)
    .map((piece) => piece.text)
    .join("");
}

/** A range of lines as the address has it: `812` or `810-820`, as people count, from 1. */
export function parseRange(text: string | undefined): [number, number] | null {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text ?? "");
  if (!match) return null;
  const first = Number(match[1]) - 1;
  const last = match[2] === undefined ? first : Number(match[2]) - 1;
  return first < 0 || last < 0 ? null : [Math.min(first, last), Math.max(first, last)];
}

export function formatRange([first, last]: [number, number]): string {
  return first === last ? String(first + 1) : `${first + 1}-${last + 1}`;
}
