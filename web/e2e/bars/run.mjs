// `npm run bars [-- NUMBER…]`: the bars of the web UI, measured on a real server with much data. DATA names a folder that
// `cargo xtask seed --data DIR` has filled, AZKABAN_BIN the server's program, best of the release profile.
import { launch, startServer } from "../server.mjs";
import { accessibility } from "./accessibility.mjs";
import { addresses } from "./addresses.mjs";
import { graph } from "./graph.mjs";
import { hygiene } from "./hygiene.mjs";
import { keyboard } from "./keyboard.mjs";
import { live } from "./live.mjs";
import { log } from "./log.mjs";
import { profile } from "./page.mjs";
import { screen } from "./screen.mjs";
import { tables } from "./tables.mjs";

const BARS = {
  1: accessibility,
  2: screen,
  3: tables,
  4: graph,
  5: log,
  6: live,
  7: keyboard,
  8: addresses,
  9: hygiene,
};

const data = process.env.DATA;
if (!data) throw new Error("DATA must name a folder that `cargo xtask seed --data DIR` has filled");
const asked = process.argv.slice(2);
const numbers = asked.length > 0 ? asked : Object.keys(BARS);
const server = await startServer({ data });
const rows = [];
for (const number of numbers) {
  // A browser of its own for each, so that none pays for what another held.
  const browser = await launch();
  const row = (figure, value, bar, met) => {
    rows.push([`${number} ${figure}`, value, bar, met ? "yes" : "MISSED"]);
    console.log(met ? "met   " : "MISSED", number, figure, value, `(${bar})`);
  };
  const report = {
    atMost: (figure, value, most, unit) => row(figure, `${round(value)} ${unit}`, `≤ ${most} ${unit}`, value <= most),
    atLeast: (figure, value, least, unit) =>
      row(figure, `${round(value)} ${unit}`, `≥ ${least} ${unit}`, value >= least),
    none: (figure, found) => {
      for (const each of found) console.log(`        ${each}`);
      row(figure, String(found.length), "none", found.length === 0);
    },
  };
  try {
    await BARS[number]({ server, browser, report, profile: (options) => profile(browser, server.base, options) });
  } catch (error) {
    row("could not be measured", error.message.split("\n")[0], "", false);
    console.log(error.stack);
  } finally {
    await browser.close();
  }
}
await server.stop();

function round(value) {
  return value >= 100 ? Math.round(value) : Number(value.toFixed(value < 1 ? 3 : 1));
}

const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((each) => each[column].length), 6));
const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
console.log(line(["figure", "here", "bar", "met"]));
console.log(line(widths.map((width) => "-".repeat(width))));
for (const each of rows) console.log(line(each));
if (rows.some((each) => each[3] !== "yes")) process.exitCode = 1;
