import { Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Flow } from "../api/types";
import { A, to } from "../navigation";

/** What a menu of the graph does beside following links. */
export interface GraphActs {
  toggle: (path: string) => void;
  /** Opens embedded flows down to a depth; 0 folds all. */
  expand: (levels: number) => void;
  center: (path: string | null) => void;
}

interface Props {
  project: string;
  flow: Flow;
  /** A node, or `null` for what is between them. */
  path: string | null;
  expanded: boolean;
  acts: GraphActs;
  /** Entries of the page for a node, first. */
  own: (path: string) => ReactNode;
}

const LEVELS = [1, 2, 3];

/** The entries of the menu of a job, an embedded flow or the background (web-ui GRA-11 to GRA-13). */
export function GraphMenu({ project, flow, path, expanded, acts, own }: Props) {
  const { t } = useTranslation();
  const node = flow.nodes.find((each) => each.path === path);
  const nested = flow.nodes.some((each) => each.kind === "flow" && each.path !== "");
  const link = (href: string, act: "openFlow" | "openJob" | "openProperties") => (
    <>
      <Menu.Item component={A} href={href}>
        {t(`graph.${act}`)}
      </Menu.Item>
      <Menu.Item component="a" href={href} target="_blank">
        {t(`graph.${act}New`)}
      </Menu.Item>
    </>
  );
  const all = nested && (
    <>
      <Menu.Item onClick={() => acts.expand(Number.POSITIVE_INFINITY)}>{t("graph.unfoldAll")}</Menu.Item>
      <Menu.Item onClick={() => acts.expand(0)}>{t("graph.foldAll")}</Menu.Item>
    </>
  );
  if (path === null || !node) {
    return (
      <>
        {all}
        {nested &&
          LEVELS.map((levels) => (
            <Menu.Item key={levels} onClick={() => acts.expand(levels)}>
              {t("graph.levels", { count: levels })}
            </Menu.Item>
          ))}
        {link(to.flow(project, flow.flow), "openFlow")}
        <Menu.Item onClick={() => acts.center(null)}>{t("graph.fit")}</Menu.Item>
      </>
    );
  }
  return (
    <>
      {own(path)}
      {node.kind === "flow" ? (
        <>
          <Menu.Item onClick={() => acts.toggle(path)}>{t(expanded ? "graph.fold" : "graph.unfold")}</Menu.Item>
          {all}
          {node.flow && link(to.flow(project, node.flow), "openFlow")}
          {link(to.project(project, "properties"), "openProperties")}
        </>
      ) : (
        link(to.job(project, flow.flow, path), "openJob")
      )}
      <Menu.Item onClick={() => acts.center(path)}>{t("graph.center")}</Menu.Item>
    </>
  );
}
