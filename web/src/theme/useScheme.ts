import { useMantineColorScheme } from "@mantine/core";
import { type Preferences, setPreference, usePreference } from "../preferences";

type Scheme = Preferences["scheme"];

export const SCHEMES: Scheme[] = ["auto", "light", "dark"];

/** Which colours the user chose, and a way to choose others. */
export function useScheme(): [Scheme, (wanted: Scheme) => void] {
  const { setColorScheme } = useMantineColorScheme();
  return [
    usePreference("scheme"),
    (wanted) => {
      setPreference("scheme", wanted);
      const dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
      setColorScheme(dark ? "dark" : "light");
    },
  ];
}
