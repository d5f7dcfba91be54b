import { TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ExecutionDetail, Flow, FlowNode, NodeRun } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { Status } from "../../status/Status";
import { isBad } from "../../status/statuses";
import { Elapsed, Time } from "../../time/Time";
import { type Column, DataTable } from "../../ui/DataTable";
import ui from "../../ui/ui.module.css";
import classes from "./Execution.module.css";

interface Row {
  node: FlowNode;
  run: NodeRun | undefined;
}

/** Every node with its state; the equal of the graph for those who cannot see it. */
export function JobsList({ execution, flow }: { execution: ExecutionDetail; flow: Flow }) {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const runs = new Map(execution.nodes.map((node) => [node.path, node]));
  const filter = (search.find ?? "").toLowerCase();
  const failedOnly = "failed" in search;
  const rows: Row[] = flow.nodes
    .filter((node) => node.path !== "" && node.path.toLowerCase().includes(filter))
    .map((node) => ({ node, run: runs.get(node.path) }))
    .filter(({ run }) => !failedOnly || (run && isBad(run.status)));
  const columns: Column<Row>[] = [
    {
      key: "job",
      head: t("flow.job"),
      phone: "main",
      cell: ({ node, run }) => (
        <span
          style={{ paddingLeft: (node.path.split(":").length - 1) * 20 }}
          className={classes.jobName}
          title={node.path}
        >
          {node.kind === "job" && run?.startedAt != null ? (
            <A href={to.log(execution.id, node.path)}>{node.id}</A>
          ) : (
            <A href={to.job(execution.project, execution.flow, node.path)} className={classes.quiet}>
              {node.kind === "flow" ? <strong>{node.id}</strong> : node.id}
            </A>
          )}
        </span>
      ),
    },
    {
      key: "status",
      head: t("execution.status"),
      cell: ({ run }) => <Status status={run?.status ?? "READY"} as="text" />,
    },
    {
      key: "type",
      head: t("job.type"),
      phone: "never",
      cell: ({ node }) => <span className="muted">{node.type}</span>,
    },
    {
      key: "attempt",
      head: t("execution.attempts"),
      num: true,
      phone: "never",
      cell: ({ run }) => (run && run.attempts.length > 1 ? run.attempts.length : ""),
    },
    {
      key: "start",
      head: t("execution.started"),
      cell: ({ run }) => (run?.startedAt ? <Time at={run.startedAt} always="absolute" /> : ""),
    },
    {
      key: "time",
      head: t("execution.duration"),
      num: true,
      cell: ({ run }) => (run?.startedAt ? <Elapsed from={run.startedAt} to={run.endedAt} /> : ""),
    },
    {
      key: "reason",
      head: t("execution.reason"),
      phone: "never",
      cell: ({ run }) => <span className="muted">{run?.attempts.at(-1)?.reason ?? ""}</span>,
    },
  ];
  return (
    <>
      <div className={ui.toolbar}>
        <TextInput
          data-filter=""
          aria-label={t("graph.find")}
          placeholder={t("graph.find")}
          leftSection={<Search size={14} />}
          value={search.find ?? ""}
          onChange={(event) => setSearch({ find: event.currentTarget.value || undefined })}
        />
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={failedOnly}
            onChange={() => setSearch({ failed: failedOnly ? undefined : "" })}
          />{" "}
          {t("execution.failedOnly")}
        </label>
      </div>
      <DataTable
        label={t("execution.jobslist")}
        columns={columns}
        rows={rows}
        id={({ node }) => node.path}
        href={({ node, run }) =>
          node.kind === "job" && run?.startedAt != null
            ? to.log(execution.id, node.path)
            : to.job(execution.project, execution.flow, node.path)
        }
      />
    </>
  );
}
