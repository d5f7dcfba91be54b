import { ActionIcon } from "@mantine/core";
import { Star as Icon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { toggleStar, useBookmarks } from "../stars";

/** Marks a project or a flow. */
export function Star({ project, flow = null }: { project: string; flow?: string | null }) {
  const { t } = useTranslation();
  const on = useBookmarks().some((mark) => mark.project === project && mark.flow === flow);
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={28}
      aria-pressed={on}
      aria-label={t("projects.star", { project: flow ?? project })}
      onClick={() => toggleStar(project, flow)}
    >
      <Icon size={16} fill={on ? "currentColor" : "none"} />
    </ActionIcon>
  );
}
