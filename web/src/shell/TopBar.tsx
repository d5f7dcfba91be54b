import { Menu } from "@mantine/core";
import { ChevronDown, CircleQuestionMark, Clock, Search, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { boot } from "../boot";
import { LANGUAGES, setLanguage } from "../i18n";
import { A, to } from "../navigation";
import { type Preferences, setPreference, usePreference } from "../preferences";
import { SCHEMES, useScheme } from "../theme/useScheme";
import { wallClock } from "../time/format";
import { useNow, useZone } from "../time/Time";
import classes from "./Shell.module.css";

export function TopBar({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }) {
  const { t } = useTranslation();
  const place = [boot.name, boot.label].filter(Boolean).join(" · ");
  return (
    <header className={classes.top}>
      <A href={to.home()} className={classes.logo} title={t("nav.logo")}>
        <svg width="20" height="20" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M8 1 15 15H1z" fill="var(--az-accent)" />
          <path d="M8 6.2 11 13H5z" fill="var(--az-surface)" />
        </svg>
        <span>Azkaban</span>
        {place && (
          <span className={classes.place} title={place}>
            {place}
          </span>
        )}
      </A>
      <button type="button" className={classes.search} onClick={onSearch}>
        <Search size={14} aria-hidden="true" />
        {t("nav.searchOrJump")}
        <kbd className={classes.kbd}>{/Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl"} K</kbd>
      </button>
      <span className={classes.spring} />
      <ZoneMenu />
      <button
        type="button"
        className={`${classes.topButton} ${classes.wide}`}
        onClick={onHelp}
        aria-label={t("nav.help")}
      >
        <CircleQuestionMark size={18} aria-hidden="true" />
      </button>
      <UserMenu />
    </header>
  );
}

/** Every time on every page is in this zone. */
function ZoneMenu() {
  const { t } = useTranslation();
  const zone = useZone();
  const chosen = usePreference("zone");
  const now = useNow();
  const { time, offset } = wallClock(now, zone);
  const options: Preferences["zone"][] = ["server", "browser", "utc"];
  return (
    <Menu>
      <Menu.Target>
        <button
          type="button"
          className={classes.topButton}
          aria-label={t("nav.zone", { zone })}
          title={`${time} ${offset}`}
        >
          <Clock size={16} aria-hidden="true" />
          <span className={classes.wide}>{zone}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {time} {offset} · {zone}
        </Menu.Label>
        {options.map((option) => (
          <Menu.Item
            key={option}
            onClick={() => setPreference("zone", option)}
            aria-current={option === chosen}
            rightSection={option === chosen ? "✓" : undefined}
          >
            {t(`zone.${option}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function UserMenu() {
  const { t, i18n } = useTranslation();
  const [scheme, setScheme] = useScheme();
  const keys = usePreference("keys");
  return (
    <Menu width={220}>
      <Menu.Target>
        <button type="button" className={classes.topButton} aria-label={t("nav.user", { user: boot.user })}>
          <UserRound size={16} aria-hidden="true" />
          <span className={classes.wide}>{boot.user}</span>
          <ChevronDown size={14} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={A} href="/me">
          {t("nav.me")}
        </Menu.Item>
        {boot.admin && (
          <Menu.Item component={A} href="/admin/users">
            {t("nav.admin")}
          </Menu.Item>
        )}
        <Menu.Label>{t("nav.colors")}</Menu.Label>
        {SCHEMES.map((each) => (
          <Menu.Item
            key={each}
            closeMenuOnClick={false}
            onClick={() => setScheme(each)}
            rightSection={each === scheme ? "✓" : undefined}
          >
            {t(`scheme.${each}`)}
          </Menu.Item>
        ))}
        <Menu.Label>{t("nav.language")}</Menu.Label>
        {LANGUAGES.map(({ value, label }) => (
          <Menu.Item
            key={value}
            lang={value}
            onClick={() => void setLanguage(value)}
            rightSection={i18n.language === value ? "✓" : undefined}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          onClick={() => setPreference("keys", keys === "on" ? "off" : "on")}
          rightSection={keys === "on" ? "✓" : undefined}
        >
          {t("nav.singleKeys")}
        </Menu.Item>
        <Menu.Item component="a" href="/?logout">
          {t("nav.logout")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
