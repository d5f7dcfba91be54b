import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import {
  ArrowDown,
  ArrowRight,
  Download,
  FoldVertical,
  List,
  Maximize,
  Route,
  UnfoldVertical,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  list: boolean;
  onList: () => void;
  /** Whether anything can be folded, and whether it is. */
  folding: "none" | "folded" | "open";
  onFold: () => void;
  direction: "down" | "right";
  onTurn: () => void;
  critical: boolean;
  onCritical: () => void;
  onZoom: (factor: number) => void;
  onFit: () => void;
  onSave: (kind: "png" | "svg") => void;
}

/** What can be done with the graph as a whole. */
export function GraphTools(props: Props) {
  const { t } = useTranslation();
  const tool = (label: string, icon: ReactNode, act: () => void, on?: boolean) => (
    <Tooltip label={label}>
      <ActionIcon variant={on ? "light" : "default"} size={30} aria-label={label} aria-pressed={on} onClick={act}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <>
      {tool(t("graph.list"), <List size={16} />, props.onList, props.list)}
      {tool(t("graph.critical"), <Route size={16} />, props.onCritical, props.critical)}
      {props.folding !== "none" &&
        tool(
          t(props.folding === "open" ? "graph.foldAll" : "graph.unfoldAll"),
          props.folding === "open" ? <FoldVertical size={16} /> : <UnfoldVertical size={16} />,
          props.onFold,
        )}
      {tool(
        t("graph.turn"),
        props.direction === "down" ? <ArrowDown size={16} /> : <ArrowRight size={16} />,
        props.onTurn,
      )}
      {tool(t("graph.zoomIn"), <ZoomIn size={16} />, () => props.onZoom(1.25))}
      {tool(t("graph.zoomOut"), <ZoomOut size={16} />, () => props.onZoom(0.8))}
      {tool(t("graph.fit"), <Maximize size={16} />, props.onFit)}
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t("graph.save")} title={t("graph.save")}>
            <Download size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => props.onSave("png")}>{t("graph.savePng")}</Menu.Item>
          <Menu.Item onClick={() => props.onSave("svg")}>{t("graph.saveSvg")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
