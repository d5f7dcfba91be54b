import { type CSSVariablesResolver, createTheme, defaultVariantColorsResolver } from "@mantine/core";
import { cssVariables, SURFACES } from "./tokens";

export const theme = createTheme({
  fontFamily:
    '"Inter Variable", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Noto Sans Mono CJK SC", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "16px" }, h3: { fontSize: "14px" } },
  },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "2px", sm: "6px", md: "6px", lg: "6px", xl: "6px" },
  defaultRadius: "sm",
  colors: {
    accent: [
      "#F5F3FF",
      "#DDD6FE",
      SURFACES.dark.accent,
      "#A78BFA",
      "#8B5CF6",
      "#7C3AED",
      SURFACES.light.accent,
      "#5B21B6",
      "#4C1D95",
      "#3B0F7D",
    ],
  },
  primaryColor: "accent",
  primaryShade: { light: 6, dark: 2 },
  autoContrast: true,
  // The accent is dark on light pages and light on dark ones: what stands on it changes with it.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    const accent = input.color === undefined || input.color === "accent";
    return input.variant === "filled" && accent ? { ...colors, color: "var(--az-on-accent)" } : colors;
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, multiline: true, maw: 420 } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 150 } } },
    Menu: { defaultProps: { position: "bottom-end", transitionProps: { duration: 120 } } },
    Button: { defaultProps: { size: "xs" } },
    TextInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    MultiSelect: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs", iconColor: "var(--az-onAccent)" } },
    Radio: { defaultProps: { size: "xs", iconColor: "var(--az-onAccent)" } },
    Switch: { defaultProps: { size: "sm" } },
  },
});

function scheme(name: "light" | "dark") {
  const colors = SURFACES[name];
  return {
    ...cssVariables(name),
    "--az-on-accent": name === "light" ? "#FFFFFF" : colors.page,
    "--mantine-color-body": colors.page,
    "--mantine-color-text": colors.text,
    "--mantine-color-dimmed": colors.muted,
    "--mantine-color-placeholder": colors.muted,
    "--mantine-color-anchor": colors.accent,
    "--mantine-color-default": colors.page,
    "--mantine-color-default-hover": colors.surface,
    "--mantine-color-default-color": colors.text,
    "--mantine-color-default-border": colors.control,
    "--mantine-color-error": name === "light" ? "#B02A34" : "#FF9C94",
    "--mantine-color-disabled": colors.surface,
    "--mantine-color-disabled-color": colors.muted,
    "--mantine-color-disabled-border": colors.line,
  };
}

/** Makes Mantine's variables and ours from the tokens. */
export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: scheme("light"),
  dark: scheme("dark"),
});
