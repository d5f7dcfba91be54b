import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Flow } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { Dash } from "../../ui/Dash";
import ui from "../../ui/ui.module.css";

/** A selected node of a flow: what it is and what it hangs on. */
export function JobPanel({ project, flow, path }: { project: string; flow: Flow; path: string }) {
  const { t } = useTranslation();
  const [, setSearch] = useParams();
  const node = flow.nodes.find((each) => each.path === path);
  if (!node) return null;
  const list = (paths: string[]) =>
    paths.length === 0 ? (
      <Dash />
    ) : (
      paths.map((each) => (
        <div key={each}>
          <button type="button" className={ui.linkButton} onClick={() => setSearch({ node: each })}>
            {each}
          </button>
        </div>
      ))
    );
  return (
    <>
      <h2>{node.id}</h2>
      <dl>
        <dt className="muted">{t("job.type")}</dt>
        <dd>{node.type}</dd>
        {node.condition && (
          <>
            <dt className="muted">{t("job.condition")}</dt>
            <dd className="mono">{node.condition}</dd>
          </>
        )}
        <dt className="muted">{t("job.dependsOn")}</dt>
        <dd>{list(node.in)}</dd>
        <dt className="muted">{t("job.dependents")}</dt>
        <dd>{list(node.out)}</dd>
      </dl>
      <Group gap="xs">
        <Button variant="default" component={A} href={to.job(project, flow.flow, path)}>
          {t("graph.openJob")}
        </Button>
        {node.kind === "flow" && node.flow && (
          <Button variant="default" component={A} href={to.flow(project, node.flow)}>
            {t("graph.openFlow")}
          </Button>
        )}
      </Group>
    </>
  );
}
