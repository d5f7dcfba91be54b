// Starts the real program in a temporary folder on a free port.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { chromium } from "playwright-core";

const BINARY = process.env.AZKABAN_BIN ?? new URL("../../target/debug/azkaban", import.meta.url).pathname;
export const USER = "azkaban";
export const PASSWORD = "azkaban";

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Waits until `done` gives something, for at most `seconds`. */
export async function waitFor(what, done, seconds = 30) {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await done();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Chromium: `CHROMIUM`, or the first that is on the path; `null` where there is none. */
export function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

export function launch() {
  return chromium.launch({ executablePath: findChromium() ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/**
 * A server on a folder of its own, or on `data`, which stays. `restart` after `kill` takes the same port, so that pages
 * find it again.
 */
export async function startServer({ data } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), "azkaban-e2e-"));
  const port = Number(process.env.E2E_PORT) || (await freePort());
  writeFileSync(join(folder, "azkaban.properties"), "azkaban.name=Test\nazkaban.label=e2e\njetty.use.ssl=false\n");
  const args = ["solo", "--conf", folder, "--data", folder, "--listen", `127.0.0.1:${port}`];
  const base = `http://127.0.0.1:${port}`;
  let child;
  let ended = true;
  const start = async () => {
    ended = false;
    child = spawn(BINARY, [...args, "--admin-password", PASSWORD], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { RUST_LOG: "warn", ...process.env },
    });
    child.on("exit", () => {
      ended = true;
    });
    await waitFor("the server", async () => {
      if (ended) throw new Error("the server ended");
      return fetch(`${base}/status`).then(
        (answer) => answer.ok,
        () => false,
      );
    });
  };
  await start();
  return {
    base,
    restart: start,
    async kill() {
      child.kill("SIGKILL");
      await waitFor("the server's end", () => ended);
    },
    async stop() {
      child.kill("SIGTERM");
      await waitFor("the server's end", () => ended, 15).catch(() => child.kill("SIGKILL"));
      if (!data) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const CRC = Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A zip archive of text files. */
export function zip(files) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const path = Buffer.from(name);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x0800, 2);
    head.writeUInt16LE(8, 4);
    head.writeUInt16LE(0x21, 8);
    head.writeUInt32LE(crc32(content), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(content.length, 18);
    head.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), head, path, packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from("PK\u0001\u0002"), Buffer.from([20, 0]), head, place, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(locals.length, 4);
  end.writeUInt16LE(locals.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\u0005\u0006"), end]);
}
