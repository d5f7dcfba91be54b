import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preference, setPreference } from "../preferences";
import type en from "./locales/en.json";

export type Language = "en" | "zh";

/** Each by its own name. */
export const LANGUAGES: { value: Language; label: string }[] = [
  { value: "en", label: "English" },
  { value: "zh", label: "中文" },
];

/** The keys of the English file are the keys that there are; the compiler knows them. */
declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
  }
}

const LOADERS: Record<Language, () => Promise<{ default: object }>> = {
  en: () => import("./locales/en.json"),
  zh: () => import("./locales/zh.json"),
};

/** The user's choice, else the browser's first language that we have. */
function language(): Language {
  const chosen = preference("language");
  if (chosen) return chosen;
  const wanted = navigator.languages.find((tag) => /^(en|zh)/i.test(tag));
  return wanted?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

async function load(wanted: Language) {
  if (!i18next.hasResourceBundle(wanted, "translation")) {
    const { default: texts } = await LOADERS[wanted]();
    i18next.addResourceBundle(wanted, "translation", texts);
  }
  document.documentElement.lang = wanted;
}

/** Loads one language and no other. */
export async function startI18n() {
  const wanted = language();
  await i18next.use(initReactI18next).init({
    lng: wanted,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await load(wanted);
  await i18next.changeLanguage(wanted);
}

export async function setLanguage(wanted: Language) {
  setPreference("language", wanted);
  await load(wanted);
  await i18next.changeLanguage(wanted);
}
