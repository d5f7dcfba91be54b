import type { Setting } from "../../api/types";

export type Kind = "all" | "set" | "idle";

/** Settings that fit what is searched for, by section and in order; what belongs nowhere comes last under "". */
export function sections(settings: Setting[], term: string, kind: Kind): [string, Setting[]][] {
  const words = term.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (setting: Setting) => {
    if (kind === "set" && setting.source === null) return false;
    if (kind === "idle" && (setting.source === null || setting.effect === "honoured")) return false;
    const text = `${setting.key} ${setting.value ?? ""} ${setting.meaning ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = new Map<string, Setting[]>();
  for (const setting of settings.filter(fits)) {
    const section = setting.section ?? "";
    found.set(section, [...(found.get(section) ?? []), setting]);
  }
  return [...found];
}
