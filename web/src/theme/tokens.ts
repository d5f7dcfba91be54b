/** Every colour of the interface, once. The ratios that they promise are recomputed by tokens.test.ts. */

export type Scheme = "light" | "dark";
export type Family = "idle" | "run" | "pause" | "warn" | "ok" | "fail" | "kill";

export interface FamilyColors {
  /** Fills: bars, nodes, icons. */
  solid: string;
  /** Words on the page, on surfaces and on the tint. */
  text: string;
  /** Quiet backgrounds of chips and cells. */
  tint: string;
  /** What is drawn on the solid colour. */
  onSolid: string;
}

const WHITE = "#FFFFFF";
const INK = "#12151A";

export const FAMILIES: Record<Family, Record<Scheme, FamilyColors>> = {
  idle: {
    light: { solid: "#4C545F", text: "#4C545F", tint: "#EDEFF2", onSolid: WHITE },
    dark: { solid: "#858F9C", text: "#AEB7C3", tint: "#272D35", onSolid: INK },
  },
  run: {
    light: { solid: "#1C52A8", text: "#1C52A8", tint: "#E6EEFB", onSolid: WHITE },
    dark: { solid: "#4F86F0", text: "#8FB6FF", tint: "#16294A", onSolid: INK },
  },
  pause: {
    light: { solid: "#B28200", text: "#7A5900", tint: "#FBF2D8", onSolid: INK },
    dark: { solid: "#E6C229", text: "#EBCB4B", tint: "#372E0C", onSolid: INK },
  },
  warn: {
    light: { solid: "#963E00", text: "#963E00", tint: "#FCEBDF", onSolid: WHITE },
    dark: { solid: "#D65600", text: "#FF9A52", tint: "#3F210B", onSolid: INK },
  },
  ok: {
    light: { solid: "#2E9682", text: "#0E6B5A", tint: "#E0F4EF", onSolid: INK },
    dark: { solid: "#27BE9F", text: "#4FDDBD", tint: "#10332C", onSolid: INK },
  },
  fail: {
    light: { solid: "#CC434C", text: "#B02A34", tint: "#FBE7E8", onSolid: WHITE },
    dark: { solid: "#FF7A72", text: "#FF9C94", tint: "#471D1E", onSolid: INK },
  },
  kill: {
    light: { solid: "#CF5DB8", text: "#97297F", tint: "#F9E7F5", onSolid: INK },
    dark: { solid: "#E192D0", text: "#ECA9DD", tint: "#3E1B36", onSolid: INK },
  },
};

export interface Surfaces {
  page: string;
  surface: string;
  text: string;
  muted: string;
  /** Borders of controls, which must be seen. */
  control: string;
  /** Lines between rows, which need not. */
  line: string;
  accent: string;
  /** Text on the accent. */
  onAccent: string;
}

export const SURFACES: Record<Scheme, Surfaces> = {
  light: {
    page: "#FFFFFF",
    surface: "#F5F6F8",
    text: "#161B22",
    muted: "#5A6472",
    control: "#848E9C",
    line: "#E1E4E9",
    accent: "#6D28D9",
    onAccent: "#FFFFFF",
  },
  dark: {
    page: "#12151A",
    surface: "#1B2027",
    text: "#E6EAF0",
    muted: "#9AA5B4",
    control: "#667180",
    line: "#2A313A",
    accent: "#C4B5FD",
    onAccent: "#12151A",
  },
};

/** The tokens as CSS variables of one scheme. */
export function cssVariables(scheme: Scheme): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(SURFACES[scheme])) variables[`--az-${name}`] = value;
  for (const [family, schemes] of Object.entries(FAMILIES)) {
    const colors = schemes[scheme];
    variables[`--az-${family}-solid`] = colors.solid;
    variables[`--az-${family}-text`] = colors.text;
    variables[`--az-${family}-tint`] = colors.tint;
    variables[`--az-${family}-on`] = colors.onSolid;
  }
  return variables;
}
