/** What the server found in an archive, with the place as far as the sentence names it. */
export interface Finding {
  /** A file, or a job. */
  where: string | null;
  line: number | null;
  column: number | null;
  message: string;
}

const PLACE = / in line (\d+), column (\d+)\.?$/;
/** Sentences of Azkaban's validators that name the file or job they are about. */
const ABOUT = [
  /^Error loading flow yaml file ([^:]+):\s*(.*)$/s,
  /^(Job doesn't have type set) '([^']+)'\.?$/,
  /^(\S+) (cannot find dependency \S+)$/,
  /^(Cyclical dependency found at) (.+)$/,
];

/** Reads a sentence about an archive. */
export function finding(sentence: string): Finding {
  const place = PLACE.exec(sentence);
  const text = place ? sentence.slice(0, place.index) : sentence;
  const [line, column] = place ? [Number(place[1]), Number(place[2])] : [null, null];
  for (const [index, about] of ABOUT.entries()) {
    const match = about.exec(text);
    if (!match) continue;
    const [, first = "", second = ""] = match;
    return index === 0 || index === 2
      ? { where: first, line, column, message: second }
      : { where: second, line, column, message: first };
  }
  return { where: null, line, column, message: text };
}
