import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { boot } from "../boot";
import { A } from "../navigation";
import { remember } from "../recent";
import { isFinal, lookOf, STATUSES } from "../status/statuses";
import { FAMILIES } from "../theme/tokens";
import classes from "./ui.module.css";

export interface Crumb {
  text: string;
  href: string;
}

export interface Tab<T extends string> {
  id: T;
  text: string;
  href?: string;
  count?: number | undefined;
}

interface Props<T extends string> {
  title: string;
  /** Beside the title, such as a status chip. */
  beside?: ReactNode;
  crumbs?: Crumb[];
  facts?: ReactNode;
  actions?: ReactNode;
  tabs?: Tab<T>[];
  tab?: T;
  /** Shown in the browser's tab, for pages about one execution. */
  status?: string | undefined;
  children: ReactNode;
}

/** Marks in a window's title; words would push the name out of it. */
function mark(status: string): string {
  const { family } = lookOf(status);
  if (!isFinal(status)) return family === "run" ? "▶ " : "… ";
  return { ok: "✓ ", fail: "✗ ", kill: "■ ", idle: "", run: "", pause: "", warn: "" }[family];
}

/** A small picture of the status for the browser's tab: a disc, a square or a cross, as large as it can be. */
function favicon(status: string | undefined): string {
  const family = status ? lookOf(status).family : undefined;
  const color = family ? FAMILIES[family].light.solid : "#6D28D9";
  const shape = !status
    ? `<path d="M8 1 15 15H1z" fill="${color}"/>`
    : family === "fail"
      ? `<path d="M3 3l10 10M13 3L3 13" stroke="${color}" stroke-width="5"/>`
      : family === "kill"
        ? `<rect x="2" y="2" width="12" height="12" fill="${color}"/>`
        : `<circle cx="8" cy="8" r="7" fill="${color}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function useWindowTitle(title: string, status: string | undefined) {
  useEffect(() => {
    const place = boot.label || boot.name;
    document.title = `${status && status in STATUSES ? mark(status) : ""}${title}${place ? ` · ${place}` : ""} – Azkaban`;
    let link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (!link) {
      link = document.createElement("link");
      link.rel = "icon";
      document.head.append(link);
    }
    link.href = favicon(status);
  }, [title, status]);
}

/** Title, way back, actions and tabs: the same on every page. */
export function PageFrame<T extends string = string>(props: Props<T>) {
  const { title, beside, crumbs, facts, actions, tabs, tab, status, children } = props;
  const { t } = useTranslation();
  useWindowTitle(title, status);
  const place = [...(crumbs?.slice(1) ?? []).map((crumb) => crumb.text), title].join(" / ");
  useEffect(() => {
    remember({ href: `${window.location.pathname}${window.location.search}`, text: place });
  }, [place]);
  return (
    <>
      <div className={classes.head}>
        <div className={classes.titles}>
          {crumbs && (
            <nav aria-label={t("nav.crumbs")} className={classes.crumbs}>
              {crumbs.map((crumb) => (
                <span key={crumb.href}>
                  <A href={crumb.href}>{crumb.text}</A> /
                </span>
              ))}
            </nav>
          )}
          <div className={classes.title}>
            <h1>{title}</h1>
            {beside}
          </div>
          {facts && <div className={classes.facts}>{facts}</div>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {tabs ? (
        <nav className={classes.tabs} aria-label={t("nav.tabs")}>
          {tabs.map((each) => (
            <A
              key={each.id}
              href={each.href ?? `${window.location.pathname}${window.location.search}#${each.id}`}
              className={classes.tab}
              aria-current={each.id === tab ? "page" : undefined}
            >
              {each.text}
              {each.count !== undefined && <span className={classes.tabCount}>{each.count}</span>}
            </A>
          ))}
        </nav>
      ) : (
        <div className={classes.noTabs} />
      )}
      {children}
    </>
  );
}
