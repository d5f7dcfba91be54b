import { expect, it } from "vitest";
import { withRecent } from "./recent";

it("keeps the latest pages, each once, the newest first", () => {
  const page = (number: number) => ({ href: `/executor?execid=${number}`, text: `#${number}` });
  let list = [page(0)];
  for (let number = 1; number < 20; number += 1) list = withRecent(list, page(number));
  expect(list.map(({ text }) => text)).toEqual(["#19", "#18", "#17", "#16", "#15", "#14", "#13", "#12"]);
  expect(
    withRecent(list, page(15))
      .map(({ text }) => text)
      .slice(0, 3),
  ).toEqual(["#15", "#19", "#18"]);
  expect(withRecent(list, page(15))).toHaveLength(8);
});
