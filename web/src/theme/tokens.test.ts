import { describe, expect, it } from "vitest";
import { contrast, difference, VISIONS } from "./color";
import { FAMILIES, type Family, type Scheme, SURFACES } from "./tokens";

const NORMAL = VISIONS.normal ?? [
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
];
const SCHEMES: Scheme[] = ["light", "dark"];
const NAMES = Object.keys(FAMILIES) as Family[];

describe("colours", () => {
  it("measures known values", () => {
    expect(contrast("#FFFFFF", "#000000")).toBeCloseTo(21, 5);
    // The first pair of the published CIEDE2000 test data, taken back to sRGB, cannot be exact; grey steps can.
    expect(difference("#777777", "#777777", NORMAL)).toBe(0);
    expect(difference("#FFFFFF", "#000000", NORMAL)).toBeCloseTo(100, 0);
  });

  describe.each(SCHEMES)("%s", (scheme) => {
    const surfaces = SURFACES[scheme];

    it("text can be read everywhere", () => {
      for (const back of [surfaces.page, surfaces.surface]) {
        expect(contrast(surfaces.text, back)).toBeGreaterThanOrEqual(12);
        expect(contrast(surfaces.muted, back)).toBeGreaterThanOrEqual(5);
        expect(contrast(surfaces.control, back)).toBeGreaterThanOrEqual(3);
        expect(contrast(surfaces.accent, back)).toBeGreaterThanOrEqual(4.5);
      }
      expect(contrast(surfaces.onAccent, surfaces.accent)).toBeGreaterThanOrEqual(4.5);
    });

    it.each(NAMES)("%s stands out from the page, its words and icons from it", (name) => {
      const { solid, text, tint, onSolid } = FAMILIES[name][scheme];
      for (const back of [surfaces.page, surfaces.surface]) {
        expect(contrast(solid, back)).toBeGreaterThanOrEqual(3.19);
        expect(contrast(text, back)).toBeGreaterThanOrEqual(5.4);
      }
      expect(contrast(text, tint)).toBeGreaterThanOrEqual(5.4);
      expect(contrast(onSolid, solid)).toBeGreaterThanOrEqual(4.5);
    });

    it.each(Object.entries(VISIONS))("any two families differ with %s vision", (_, vision) => {
      for (const [at, first] of NAMES.entries()) {
        for (const second of NAMES.slice(at + 1)) {
          const apart = difference(FAMILIES[first][scheme].solid, FAMILIES[second][scheme].solid, vision);
          expect(apart, `${first} and ${second}`).toBeGreaterThanOrEqual(10.8);
        }
      }
    });
  });
});
